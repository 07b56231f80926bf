import type { MacKey } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type ChunkEngine, callingThread } from './chunk-engine.ts'
import { beginBody, checkPrefix } from './prefix.ts'
import { resultMemory } from './result-memory.ts'
import { bodyPrefixBytes, plaintextSize, sealedBodySize, unauthenticBody } from './sizes.ts'

/** Options of {@link sealBody}. */
export interface SealBodyOptions {
  /** The DEK, see `importDataKey`. */
  readonly key: MacKey
  /** Bytes that are bound to the body and not stored in it. */
  readonly context: Uint8Array
  readonly plaintext: Uint8Array
  /** 24 bytes, never used before with this key; absent, and in every use but test vectors, they are drawn. */
  readonly salt?: Uint8Array | undefined
  /** Where the body goes, so that it can stand behind a header without a copy; absent, in memory of its own. */
  readonly into?: { readonly output: Uint8Array; readonly offset: number } | undefined
  /** Who does the work; absent, the calling thread. */
  readonly engine?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Seals a whole plaintext into a Cobblestone-256 body: salt ‖ commitment ‖ chunks.
 *
 * @returns the body, `sealedBodySize(plaintext.length)` bytes: a view of `into.output` where that was given
 * @throws KeywrightError `invalid-argument` for a salt or an output that does not fit; `aborted`
 */
export async function sealBody(options: SealBodyOptions): Promise<Uint8Array> {
  const { plaintext, into } = options
  const size = sealedBodySize(plaintext.length)
  const body =
    into === undefined
      ? resultMemory(size, plaintext, options.engine)
      : into.output.subarray(into.offset, into.offset + size)
  if (body.length !== size) {
    throw new KeywrightError('invalid-argument', 'The output is too short for the body.', { field: 'into' })
  }
  const begun = beginBody(options.key, options.context, body, options.salt)
  const keys = begun instanceof Promise ? await begun : begun
  try {
    const sealing = (options.engine ?? callingThread).sealChunks({
      key: keys.aesKey,
      baseNonce: keys.baseNonce,
      firstChunk: 0,
      input: plaintext,
      output: body.subarray(bodyPrefixBytes),
      final: true,
      signal: options.signal,
    })
    if (sealing !== undefined) await sealing
  } catch (error) {
    // Unwritten memory of `allocate` must not reach anyone, and a body that is cut short is of no use.
    body.fill(0)
    throw error
  } finally {
    keys.baseNonce.fill(0)
  }
  return body
}

/** Options of {@link openBody}. */
export interface OpenBodyOptions {
  /** The DEK, see `importDataKey`. */
  readonly key: MacKey
  /** The bytes that the body was sealed with. */
  readonly context: Uint8Array
  /** The whole body: salt ‖ commitment ‖ chunks. */
  readonly body: Uint8Array
  /** Who does the work; absent, the calling thread. */
  readonly engine?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a whole body. The commitment is compared before any chunk is touched, and nothing is returned unless every
 * chunk authenticated; plaintext that was produced before a failure is zero-filled.
 *
 * @returns the plaintext, in memory of its own and exactly as long
 * @throws KeywrightError `truncated` where prefix or last chunk is incomplete, `authentication-failed` where
 * commitment or a tag is wrong; `aborted`
 */
export async function openBody(options: OpenBodyOptions): Promise<Uint8Array> {
  const { body } = options
  const checked = checkPrefix(options.key, options.context, body)
  const keys = checked instanceof Promise ? await checked : checked
  const plaintext = resultMemory(plaintextSize(body.length), body, options.engine)
  try {
    const opening = (options.engine ?? callingThread).openChunks({
      key: keys.aesKey,
      baseNonce: keys.baseNonce,
      firstChunk: 0,
      input: body.subarray(bodyPrefixBytes),
      output: plaintext,
      final: true,
      signal: options.signal,
    })
    const opened = typeof opening === 'number' ? opening : await opening
    if (opened !== Math.floor(plaintext.length / limits.chunkBytes) + 1) throw unauthenticBody()
  } catch (error) {
    plaintext.fill(0)
    throw error
  } finally {
    keys.baseNonce.fill(0)
  }
  return plaintext
}
