import type { KeyManagerErrorCode, KeyOperation } from '../errors.ts'
import type { KeyUri } from './key-uri.ts'

/**
 * The encryption context as a key manager gets it, in both canonical forms. A driver binds one of them natively
 * where its service can; ignoring both while declaring a native binding is the one forbidden answer.
 */
export interface KeyContext {
  /** What is being wrapped: a whole DEK, or one share of it. A service that binds a map binds this too. */
  readonly role: 'dek' | 'share'
  /** The caller's pairs, at most 16. */
  readonly pairs: Readonly<Record<string, string>>
  /** SHA-256 over role and pairs, 32 bytes, as the specification defines it. */
  readonly digest: Uint8Array
}

/** What a KEK can do and how; flat, every number with its unit in the name. The suite tests each field both ways. */
export interface Capabilities {
  /** How the context reaches the key manager: as a map, as the digest's bytes, or not at all (the envelope alone binds it). */
  readonly contextBinding: 'native-map' | 'native-bytes' | 'envelope'
  /** Whether wrap and generate say which key version they used. */
  readonly tellsVersionOnWrap: boolean
  /** Whether unwrap says which key version it used. */
  readonly tellsVersionOnUnwrap: boolean
  /** Whether unwrap cannot work without the version that wrap told. */
  readonly needsVersionToUnwrap: boolean
  /** Whether answers name the key that was used. */
  readonly tellsKey: boolean
  /** Whether the key manager can move a wrapped key from another of its KEKs to this one without showing it. */
  readonly serverSideRewrap: boolean
  /** Whether the key manager draws data keys itself. */
  readonly generatesDataKeys: boolean
  /** Wrapped keys that one call can carry; 1 without a batch form. */
  readonly maxBatchKeys: number
  /** Who can make a slot that this KEK accepts: holders of the wrap permission, or anyone with the public key. */
  readonly wrapAuthenticity: 'kek-holder' | 'public-key'
  /** Calls that may run at once. */
  readonly maxConcurrentCalls: number
  /** Where the key material lives. */
  readonly protectionLevel: 'software' | 'hsm' | 'external' | 'unknown'
  /** Algorithm tags of the specification's registry that this KEK unwraps; others are refused before a call. */
  readonly algorithms: readonly string[]
}

/** A data key, or a share, to be wrapped. */
export interface WrapRequest {
  /** 32 bytes. They are a copy that is zero-filled when the call has settled: copy them to keep them, do not keep them. */
  readonly dataKey: Uint8Array
  readonly context: KeyContext
  readonly signal?: AbortSignal | undefined
}

/** A wrapped data key as the key manager answered it. A field is undefined only where the capabilities say so. */
export interface WrapResult {
  /** 1 to 8,192 bytes. */
  readonly wrapped: Uint8Array
  /** The key that the answer names, in a form that `owns` recognises. */
  readonly answeredKey?: string | undefined
  /** The version that was really used, at most 256 bytes. */
  readonly keyVersion?: string | undefined
  /** Tag of the registry: how it was wrapped and what was bound. */
  readonly algorithm: string
}

/** A wrapped data key to be unwrapped, with what its slot says of it. */
export interface UnwrapRequest {
  readonly wrapped: Uint8Array
  /** The slot's reference; a name to compare, never an endpoint. */
  readonly reference: string
  /** The slot's version, after the driver's own grammar; empty when the slot tells none. */
  readonly keyVersion: string
  readonly algorithm: string
  readonly context: KeyContext
  readonly signal?: AbortSignal | undefined
}

/** An unwrapped data key. Core takes a copy, zero-fills these bytes and checks that there are 32. */
export interface UnwrapResult {
  readonly dataKey: Uint8Array
  readonly answeredKey?: string | undefined
  readonly keyVersion?: string | undefined
}

/** Asks the key manager to draw a data key and wrap it. */
export interface GenerateRequest {
  readonly context: KeyContext
  readonly signal?: AbortSignal | undefined
}

/** A data key drawn by the key manager, with its wrapped form. */
export interface GenerateResult extends WrapResult {
  readonly dataKey: Uint8Array
}

/** A wrapped key of another KEK of the same key manager, to be wrapped under this one inside the key manager. */
export interface RewrapKeyRequest {
  readonly wrapped: Uint8Array
  /** Reference of the KEK that wrapped it. */
  readonly reference: string
  readonly keyVersion: string
  readonly algorithm: string
  readonly context: KeyContext
  readonly signal?: AbortSignal | undefined
}

/** One version of a KEK. */
export interface KeyVersionDescription {
  readonly version: string
  readonly state: 'enabled' | 'disabled' | 'destroyed' | 'unknown'
  readonly createdAt?: Date | undefined
}

/** What the key manager says of a KEK. */
export interface KeyDescription {
  readonly state: 'enabled' | 'disabled' | 'pending-deletion' | 'destroyed' | 'unknown'
  /** The version that wraps now, where the service has versions. */
  readonly currentVersion?: string | undefined
  readonly versions: readonly KeyVersionDescription[]
  readonly protectionLevel: Capabilities['protectionLevel']
  readonly createdAt?: Date | undefined
}

/**
 * One connected KEK, as a contributor writes it. Each method calls the service's client once and throws what that
 * client throws; retries, deadlines, copies, checks, cancellation and errors are core's. Methods may run concurrently,
 * up to `maxConcurrentCalls`.
 */
export interface KekDriver {
  /** Canonical reference: the part of the key URI after `scheme://`. */
  readonly keyRef: string
  readonly capabilities: Capabilities
  readonly wrapKey: (request: WrapRequest) => Promise<WrapResult>
  readonly unwrapKey: (request: UnwrapRequest) => Promise<UnwrapResult>
  readonly describeKey: (request: { readonly signal?: AbortSignal | undefined }) => Promise<KeyDescription>
  /** Present exactly when `generatesDataKeys` is declared. */
  readonly generateDataKey?: ((request: GenerateRequest) => Promise<GenerateResult>) | undefined
  /** Present exactly when `serverSideRewrap` is declared; throw for a source it cannot serve, core then falls back. */
  readonly rewrapKey?: ((request: RewrapKeyRequest) => Promise<WrapResult>) | undefined
  /** Whether a reference names this KEK; pure, no call. Default: equality with `keyRef`. */
  readonly owns?: ((reference: string) => boolean) | undefined
  /** Releases what `connect` made; never an injected client. */
  readonly close: () => Promise<void>
}

/** What a service's own error means. */
export interface Classification {
  readonly code: KeyManagerErrorCode
  readonly requestId?: string | undefined
  /** Delay the service asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** A provider, as a contributor writes it. */
export interface ProviderDefinition<Options> {
  /** The scheme of its key URIs and slots, such as `aws-kms`. */
  readonly scheme: string
  /** Turns a key URI into options; throws a `configuration` error that says what is allowed. */
  readonly parseUri: (uri: KeyUri) => Options
  /** The KEK's name for messages before it is connected: the part of its URI after the scheme, without secrets. */
  readonly describeOptions: (options: Options) => string
  /**
   * Called on first use; loads the service's client. Called again after it failed, or beside a call that takes seconds:
   * the driver that comes first is used, and the signal ends the other.
   */
  readonly connect: (
    options: Options,
    call: { readonly signal?: AbortSignal | undefined },
  ) => Promise<KekDriver>
  /** Maps what the service's client threw to one of our codes, by operation: one service code can mean two things. */
  readonly classify: (error: unknown, call: { readonly operation: KeyOperation }) => Classification
}

/** Who a connected KEK is. */
export interface KekIdentity {
  readonly reference: string
  readonly capabilities: Capabilities
}

/**
 * One KEK as keyrings and decorators see it: lazily connected, checked, every failure a {@link KeywrightError}.
 * A decorator (deadline, retry, breaker) is a function from Kek to Kek.
 */
export interface Kek {
  readonly scheme: string
  /** Key URI as configured; the canonical one is known after `connect`. */
  readonly uri: string
  /**
   * Connects once, however often and concurrently it is called; a failed try may be repeated, and one that gets no answer
   * does not hold later calls up.
   */
  readonly connect: (call?: { readonly signal?: AbortSignal | undefined }) => Promise<KekIdentity>
  /** Whether a slot's reference names this KEK. Connects on first use; no key operation is made. */
  readonly owns: (reference: string, call?: { readonly signal?: AbortSignal | undefined }) => Promise<boolean>
  readonly wrapKey: (request: WrapRequest) => Promise<WrapResult>
  readonly unwrapKey: (request: UnwrapRequest) => Promise<UnwrapResult>
  /** `unsupported` unless declared. */
  readonly generateDataKey: (request: GenerateRequest) => Promise<GenerateResult>
  /** `unsupported` unless declared. */
  readonly rewrapKey: (request: RewrapKeyRequest) => Promise<WrapResult>
  readonly describeKey: (call?: { readonly signal?: AbortSignal | undefined }) => Promise<KeyDescription>
  /** Later calls are refused with `configuration`. */
  readonly close: () => Promise<void>
}

/** A function that makes KEKs of one key manager, with what the command and configuration files need of it. */
export interface Provider<Options> {
  (options: Options): Kek
  readonly scheme: string
  /** Makes a KEK from a key URI; `configuration` when the URI is not of this provider's grammar. */
  readonly fromUri: (uri: string) => Kek
}
