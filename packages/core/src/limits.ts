/**
 * Every limit of the format and of the library, in bytes where nothing else is said. They are chosen so that
 * every envelope can move to every provider; the specification lists the same numbers.
 */
export const limits = {
  /** Preamble. */
  preambleBytes: 5120,
  /** Key table in the compact and detached layouts; in the paged layout it is the block size less 44. */
  keyTableBytes: 65_536,
  contextPairs: 16,
  contextNameBytes: 255,
  contextValueBytes: 2048,
  /** Canonical encoding of the whole encryption context. */
  contextBytes: 4096,
  associatedDataBytes: 65_536,
  groups: 16,
  slots: 32,
  /** A tag such as `aws-kms`. */
  schemeBytes: 64,
  algorithmBytes: 64,
  referenceBytes: 2048,
  keyVersionBytes: 256,
  wrappedBytes: 8192,
  /** Containers inside one another, the outermost counted as 1. */
  cborDepth: 5,
  dataKeyBytes: 32,
  /** Unwrap calls per configured KEK while opening one envelope: a header must not be a way to run up a bill. */
  unwrapCallsPerKek: 2,
  /** Chunks of one body: 2³⁸. */
  chunks: 274_877_906_944,
  /** Plaintext bytes of one chunk; the last chunk is always shorter. */
  chunkBytes: 16_384,
  tagBytes: 16,
  saltBytes: 24,
  commitmentBytes: 32,
  keyCheckBytes: 16,
  /** Smallest block of the paged layout; the header says how often it is doubled. */
  blockBytes: 4096,
  blockShift: 4,
  /** Generations of a key table page: 1 to 2⁴⁸. */
  generation: 281_474_976_710_656,
  /** Longest time that a cached DEK may be used, in milliseconds: 24 hours. */
  cacheAgeMs: 86_400_000,
} as const
