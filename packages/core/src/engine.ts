export { abortedError, throwIfAborted } from './abort.ts'
export { type ChunkEngine, callingThread } from './body/chunk-engine.ts'
export { type BodyKeys, deriveBody } from './body/derive.ts'
export { BodyOpener } from './body/opener.ts'
export { beginBody, checkPrefix } from './body/prefix.ts'
export { type BodySealer, bodySealer } from './body/sealer.ts'
export { bodyPrefixBytes, plaintextSize, sealedBodySize } from './body/sizes.ts'
export type { ChunkRun, MacKey } from './crypto/primitives.ts'
export { secretBytes, secretCopy } from './crypto/secret-bytes.ts'
export { wrapAuthenticityOf } from './format/algorithms.ts'
export { canonicalContext, keyContext } from './format/context.ts'
export {
  blockBytes,
  decodeHeader,
  decodePrefix,
  type Header,
  type HeaderBase,
  type Layout,
  pagedHeaderBytes,
  prefixBytes,
} from './format/header.ts'
export type { KeyTable, Slot, SlotGroup } from './format/key-table.ts'
export {
  chooseBlockShift,
  decodePagedHeader,
  encodePage,
  encodePagedHeader,
  noValidPage,
  type Page,
  type PagedHeader,
} from './format/paged.ts'
export { expectContext } from './operations/expected-context.ts'
export { inspectHeader } from './operations/inspect.ts'
export { type HeaderSource, type OpenSession, startOpen } from './operations/open-session.ts'
export { type RewrappedTable, type RewrapTableOptions, rewrapKeyTable } from './operations/rewrap-table.ts'
export { type SealSession, startSeal } from './operations/seal-session.ts'
export { verifyDecodedHeader } from './operations/verify.ts'
