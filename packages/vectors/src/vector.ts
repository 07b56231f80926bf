/** Lower-case hexadecimal, two digits a byte. */
export type Hex = string

/** Bytes in hexadecimal, or, where that would be long, as a run of one repeated byte. */
export type HexOrRun = Hex | { readonly length: number; readonly repeat: Hex }

/** Bytes in hexadecimal, or, where that would be long, their length in bytes and SHA-512. */
export type HexOrHash = Hex | { readonly length: number; readonly sha512: Hex }

/**
 * Bytes as lines, to be joined: a line is either base64 (RFC 4648 section 4, padded) or `zeros:N`, which stands
 * for N zero bytes.
 */
export type ByteLines = readonly string[]

/** Bytes in hexadecimal, or `length` bytes of the pattern in which byte i is i modulo 251. */
export type Plaintext = Hex | { readonly length: number; readonly pattern: 'mod-251'; readonly sha512: Hex }

/** A map from text to text, as a JSON object; the order of its members means nothing. */
export type TextMap = Readonly<Record<string, string>>

/** Associated data as a caller gives it (KW-AD-1). */
export type AssociatedData =
  | { readonly type: 'absent' }
  | { readonly type: 'bytes'; readonly hex: HexOrRun }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'map'; readonly map: TextMap }

/** The codes of the specification's section 19 that a vector can expect. */
export type VectorCode =
  | 'malformed-envelope'
  | 'unsupported-version'
  | 'limit-exceeded'
  | 'truncated'
  | 'context-mismatch'
  | 'policy-mismatch'
  | 'no-matching-key'
  | 'invalid-response'
  | 'authentication-failed'
  | 'invalid-argument'

/** What every vector has. */
export interface VectorBase {
  /** Unique in the set, and the name of its file. */
  readonly id: string
  /** The behaviour it shows, in one sentence. */
  readonly title: string
  /** Numbers of the requirements in `spec/envelope-v1.md` that it exercises. */
  readonly requirements: readonly string[]
}

/** The reader refuses, with this code. */
export interface ExpectedInvalid {
  readonly result: 'invalid'
  readonly code: VectorCode
}

/** A group of a k-of-n key table. */
export interface VectorGroup {
  /** 0 if k is 1, else 1 to 255. */
  readonly index: number
  /** The 32 bytes that the group's slots wrap: the DEK if k is 1. */
  readonly share: Hex
  /** 16 bytes; empty if k is 1. */
  readonly shareCheck: Hex
}

/** What went into the envelope, before any damage. */
export interface VectorSealed {
  /** 32 bytes. */
  readonly dek: Hex
  readonly dekUse: number
  /** The whole context, withheld values included. */
  readonly context: TextMap
  /** Names of the context whose values the header does not store. */
  readonly withheld: readonly string[]
  readonly associatedData: AssociatedData
  /** 24 bytes. */
  readonly salt: Hex
  readonly plaintext: Plaintext
  readonly k: number
  readonly groups: readonly VectorGroup[]
}

/** A slot of the table that a reader has to use, with what its key manager answers. */
export interface VectorSlot {
  /** The index of its group. */
  readonly group: number
  /** 0 plain, 1 concealed, another number unknown. */
  readonly kind: number
  readonly scheme: string
  /** Text for kind 0; hexadecimal for every other kind. */
  readonly reference: string
  readonly version: string
  readonly algorithm: string
  readonly wrapped: HexOrRun
  /** What unwrapping gives, not necessarily the right thing; null if no configured KEK unwraps it. */
  readonly answer: Hex | null
}

/** A KEK that the reader is configured with. */
export interface VectorKek {
  /** Canonical URI; all are of scheme `local`. */
  readonly uri: string
  readonly version: string
  readonly algorithm: string
  /** 32 bytes: the KEK itself, so that a reader can also unwrap for real. */
  readonly key: Hex
}

/** How the reader is to be set up and called. */
export interface VectorReader {
  readonly context: TextMap
  readonly associatedData: AssociatedData
  /** The smallest k that its policy accepts. */
  readonly minThreshold: number
  readonly keks: readonly VectorKek[]
  /** 32 bytes, if it is configured to find concealed references. */
  readonly concealKey?: Hex
}

/** The bytes to be read: whole, as text, or as header and body apart. */
export type VectorInput =
  | { readonly bytes: ByteLines }
  | { readonly text: string }
  | { readonly header: ByteLines; readonly body: ByteLines }

/** Values between input and output, to debug an implementation with. */
export interface VectorIntermediate {
  readonly contextBytes: HexOrHash
  readonly preamble: HexOrHash
  readonly adBytes: HexOrHash
  readonly keyTable: HexOrHash
  readonly contextDigest: { readonly dek: Hex; readonly share: Hex }
  readonly keyCheckInfo: HexOrHash
  /** One for each group if k is at least 2, else empty. */
  readonly shareCheckInfos: readonly HexOrHash[]
  readonly bodyContext: HexOrHash
  /** The info of the body's HKDF-Expand. */
  readonly bodyInfo: HexOrHash
  readonly payloadKey: Hex
  readonly baseNonce: Hex
}

/** The reader succeeds, with these values. */
export interface ExpectedValid {
  readonly result: 'valid'
  readonly keyCheck: Hex
  readonly commitment: Hex
  readonly plaintext: { readonly length: number; readonly sha512: Hex }
}

/** A whole envelope to open, valid or not. */
export interface EnvelopeVector extends VectorBase {
  readonly kind: 'envelope'
  readonly layout: 'compact' | 'detached' | 'paged'
  readonly sealed: VectorSealed
  readonly slots: readonly VectorSlot[]
  readonly reader: VectorReader
  readonly envelope: VectorInput
  /** Given for valid vectors only. */
  readonly intermediate?: VectorIntermediate
  readonly expected: ExpectedValid | ExpectedInvalid
}

/** A CBOR item: integers are decimal strings, bytes hexadecimal, map entries in encoded order. */
export type CborValue =
  | { readonly uint: string }
  | { readonly bytes: Hex }
  | { readonly text: string }
  | { readonly array: readonly CborValue[] }
  | { readonly map: readonly (readonly [CborValue, CborValue])[] }

/** Bytes that decode to a value and back, or are refused (section 3). */
export interface CborVector extends VectorBase {
  readonly kind: 'cbor'
  readonly bytes: Hex
  readonly expected: { readonly result: 'valid'; readonly value: CborValue } | ExpectedInvalid
}

/** A caller's context and its canonical forms (sections 4 and 6). */
export interface ContextVector extends VectorBase {
  readonly kind: 'context'
  readonly context: TextMap
  readonly expected:
    | {
        readonly result: 'valid'
        readonly contextBytes: Hex
        readonly contextDigest: { readonly dek: Hex; readonly share: Hex }
        /** What a service that binds a map is given, for a wrapped DEK. */
        readonly nativeMap: { readonly map: TextMap; readonly digest: TextMap }
      }
    | ExpectedInvalid
}

/** A caller's associated data and its canonical form (section 5). */
export interface AssociatedDataVector extends VectorBase {
  readonly kind: 'associated-data'
  readonly associatedData: AssociatedData
  readonly expected: { readonly result: 'valid'; readonly adBytes: HexOrHash } | ExpectedInvalid
}

/** One chunk of a body at a given number (KW-BOD-6 and 7). */
export interface ChunkVector extends VectorBase {
  readonly kind: 'chunk'
  /** 32 bytes. */
  readonly payloadKey: Hex
  /** 12 bytes. */
  readonly baseNonce: Hex
  /** The chunk's number, decimal. */
  readonly index: string
  readonly plaintext: Hex
  readonly expected: { readonly result: 'valid'; readonly nonce: Hex; readonly chunk: Hex } | ExpectedInvalid
}

/** Shares of a secret; any k of them give it back (KW-KOF-1). */
export interface ShamirVector extends VectorBase {
  readonly kind: 'shamir'
  readonly k: number
  readonly secret: Hex
  /** The polynomials' coefficients above the constant term, 32 bytes for each degree from 1. */
  readonly coefficients: readonly Hex[]
  readonly shares: readonly { readonly index: number; readonly share: Hex }[]
}

/** A concealed reference (KW-CON-1). */
export interface ConcealedReferenceVector extends VectorBase {
  readonly kind: 'concealed-reference'
  readonly concealKey: Hex
  readonly scheme: string
  readonly reference: string
  readonly wrapped: Hex
  readonly concealed: Hex
}

/** A wrap under `local.xaes-256-gcm` (KW-REG-1). */
export interface LocalWrapVector extends VectorBase {
  readonly kind: 'local-wrap'
  readonly kek: Hex
  readonly nonce: Hex
  readonly context: TextMap
  readonly role: 'dek' | 'share'
  readonly contextDigest: Hex
  readonly plaintext: Hex
  readonly wrapped: Hex
}

/** Any vector, told apart by `kind`. */
export type Vector =
  | EnvelopeVector
  | CborVector
  | ContextVector
  | AssociatedDataVector
  | ChunkVector
  | ShamirVector
  | ConcealedReferenceVector
  | LocalWrapVector

/** A line of the index. */
export interface VectorSummary {
  readonly id: string
  readonly kind: Vector['kind']
  readonly title: string
  readonly result: 'valid' | 'invalid'
}
