import type { AssociatedData, TextMap, VectorCode } from '../src/index.ts'

/** A KEK of the vectors: its key is derived from name and version. */
export interface KekPlan {
  readonly name: string
  readonly version: string
}

/** A slot to write. What is left out is that of a plain slot under {@link kek}. */
export interface SlotPlan {
  readonly kek?: KekPlan
  readonly kind?: number
  readonly scheme?: string
  readonly reference?: string
  /** The reference as bytes, for kinds other than plain. */
  readonly referenceBytes?: Uint8Array
  readonly concealKey?: Uint8Array
  readonly version?: string
  readonly algorithm?: string
  readonly wrapped?: Uint8Array
  /** What unwrapping gives, if it is not the share; null if nothing unwraps it. */
  readonly answer?: Uint8Array | null
}

/** A group to write: its index (0 if k is 1) and its slots. */
export interface GroupPlan {
  readonly index: number
  readonly slots: readonly SlotPlan[]
}

/** The encoded items of a group, for scenarios that damage them. */
export interface GroupItems {
  readonly index: Uint8Array
  readonly shareCheck: Uint8Array
  /** Six items a slot. */
  readonly slots: readonly (readonly Uint8Array[])[]
}

/** The encoded items of a key table. */
export interface TableItems {
  readonly k: Uint8Array
  readonly groups: readonly GroupItems[]
}

/** Where the parts of an input begin. */
export interface Offsets {
  readonly preamble: number
  readonly keyCheck: number
  /** The table's length field; in the paged layout that of page 1. */
  readonly tableLength: number
  readonly table: number
  /** First byte after the first table. */
  readonly tableEnd: number
  /** Block size; 0 if not paged. */
  readonly block: number
  readonly body: number
  readonly end: number
}

/** One page: its generation, its key table, and what to change in it. */
export interface PagePlan {
  readonly generation: bigint
  /** The table's slots; those of the scenario if left out. */
  readonly groups?: readonly GroupPlan[]
  /** Changes the page before its digest is taken. */
  readonly beforeDigest?: (page: Uint8Array) => Uint8Array
  /** Changes the page after its digest was taken. */
  readonly afterDigest?: (page: Uint8Array) => Uint8Array
}

/** One envelope to write, and what a reader is to make of it. */
export interface Scenario {
  readonly id: string
  readonly title: string
  readonly requirements: readonly string[]
  readonly layout?: 'compact' | 'detached' | 'paged'
  /** Write the text form; the function changes the text. */
  readonly text?: (text: string) => string
  readonly context?: TextMap
  readonly withheld?: readonly string[]
  readonly dek?: Uint8Array
  readonly dekUse?: number
  readonly associatedData?: AssociatedData
  /** Text, or the length of the pattern. */
  readonly plaintext?: string | number
  readonly k?: number
  readonly groups?: readonly GroupPlan[]
  readonly blockShift?: number
  readonly pages?: readonly [PagePlan, PagePlan]
  /** Replaces the preamble; key check and body are made for the replacement. */
  readonly preamble?: (preamble: Uint8Array) => Uint8Array
  /** Replaces the encoding of the key table. */
  readonly table?: (items: TableItems) => Uint8Array
  /** Changes the chunks before they are joined. */
  readonly chunks?: (chunks: readonly Uint8Array[]) => readonly Uint8Array[]
  readonly endFull?: boolean
  /** Changes the finished input: whole, or the header if detached. */
  readonly edit?: (input: Uint8Array, at: Offsets) => Uint8Array
  /** Changes the finished body if detached. */
  readonly editBody?: (body: Uint8Array) => Uint8Array
  readonly reader?: {
    readonly context?: TextMap
    readonly associatedData?: AssociatedData
    readonly minThreshold?: number
    readonly keks?: readonly KekPlan[]
    readonly concealKey?: Uint8Array
  }
  /** Given if the reader must refuse. */
  readonly code?: VectorCode
}
