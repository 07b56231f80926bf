/**
 * The only door to a cryptographic library. Callers wait for every result that is a promise: a platform
 * whose primitives are asynchronous (WebCrypto) can stand behind this file unseen, and one that answers at once pays
 * nothing for it.
 * Calls are coarse, a run of chunks at a time, so that neither kind pays per 16 KiB.
 */
export type { AesKey, Awaitable, ChunkRun, MacKey } from './node-primitives.ts'
export {
  allocate,
  equalBytes,
  expand,
  hmacSha256,
  importAesKey,
  importMacKey,
  nextTurn,
  openChunks,
  randomBytes,
  sealChunks,
  sha256,
} from './node-primitives.ts'
