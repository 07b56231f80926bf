import type { SealOptions } from '@keywright/core'
import {
  type BodyKeys,
  beginBody,
  bodyPrefixBytes,
  type ChunkEngine,
  callingThread,
  chooseBlockShift,
  encodePagedHeader,
  pagedHeaderBytes,
  type SealSession,
  sealedBodySize,
  startSeal,
} from '@keywright/core/engine'
import { eachRun, type ProgressOptions } from './body-runs.ts'
import { Draft, type PublishOptions } from './draft.ts'
import { type LockOptions, withFileLock } from './file-lock.ts'
import { nodeFileStore, type StoreOptions } from './file-store.ts'
import { SourceFile } from './source-file.ts'

/** What is common to the operations that make a file. */
export interface TargetOptions {
  /** Replaces a plain file that has the target's name already. Default: `storage-exists`. */
  readonly overwrite?: boolean | undefined
  /** Permission bits of the new file, 0 to 0o777. Default: those of the source. */
  readonly mode?: number | undefined
}

/** Options of {@link sealFile}. */
export interface SealFileOptions
  extends SealOptions,
    TargetOptions,
    ProgressOptions,
    LockOptions,
    StoreOptions {}

/** What was sealed. */
export interface SealedFile {
  readonly plaintextBytes: number
  /** Size of the new file. */
  readonly fileBytes: number
}

/**
 * Seals a file into a new one of the paged layout, whose keys can later be changed in place. Memory does not grow
 * with the file. The target has its name only once it is complete and on the medium; until then its content is in
 * a folder `.NAME.kw-work` beside it, and a failure leaves nothing.
 *
 * @param source path of a plain file; a link is followed
 * @param target path of the new file; a link, folder or device of that name is never replaced
 * @param options the keyring, and what the envelope is bound to
 * @throws KeywrightError the codes of `seal`; `storage-exists`; `conflict` for a source that changed meanwhile, and for a
 * target that is being rewrapped; `invalid-argument` for one that is no plain file; `storage-not-found`, `storage-denied`, `storage-read-only`,
 * `storage-full`, `storage-failed`, with `source` or `target` as field; `aborted`
 */
export async function sealFile(
  source: string,
  target: string,
  options: SealFileOptions,
): Promise<SealedFile> {
  const { store = nodeFileStore, overwrite = false } = options
  const input = await SourceFile.open(store, { path: source, field: 'source' })
  try {
    const plaintextBytes = input.facts.size
    sealedBodySize(plaintextBytes)
    const draft = await Draft.start(store, { path: target, field: 'target' }, overwrite)
    try {
      const fileBytes = await sealInto(input, draft, options)
      await input.checkUnchanged()
      const publish: PublishOptions = { mode: options.mode ?? input.facts.mode, overwrite }
      // Nobody may be writing key pages into the file that is replaced, and be told that they are in it.
      if (overwrite) await withFileLock(store, draft.target, options, () => draft.publish(publish))
      else await draft.publish(publish)
      return { plaintextBytes, fileBytes }
    } catch (error) {
      await draft.discard()
      throw error
    }
  } finally {
    await input.close()
  }
}

async function sealInto(input: SourceFile, draft: Draft, options: SealFileOptions): Promise<number> {
  const plaintextBytes = input.facts.size
  const session = await startSeal(options, plaintextBytes)
  try {
    const engine: ChunkEngine = options.threads ?? callingThread
    const body = await writeFront(session, draft)
    try {
      await eachRun({ ...options, plaintextBytes }, async (run) => {
        await input.fill(run.plaintext, run.plaintextAt)
        await engine.sealChunks({
          ...body.keys,
          firstChunk: run.firstChunk,
          input: run.plaintext,
          output: run.sealed,
          final: run.final,
          signal: options.signal,
        })
        await draft.write(run.sealed, body.chunksAt + run.sealedAt)
      })
    } finally {
      body.keys.baseNonce.fill(0)
    }
    return body.bodyAt + sealedBodySize(plaintextBytes)
  } finally {
    session.release()
  }
}

/** A body that was begun. */
export interface BegunBody {
  readonly keys: { readonly key: BodyKeys['aesKey']; readonly baseNonce: Uint8Array }
  readonly bodyAt: number
  /** Where its first chunk goes. */
  readonly chunksAt: number
}

/**
 * Writes what stands before the chunks of a new paged file: header, salt, commitment.
 *
 * @throws KeywrightError `limit-exceeded` for a key table that fits into no block; storage codes
 */
export async function writeFront(session: SealSession, draft: Draft): Promise<BegunBody> {
  const { preambleBytes, keyCheck, keyTableBytes } = session
  const blockShift = chooseBlockShift(preambleBytes.length, keyTableBytes.length)
  const header = await encodePagedHeader(
    { layout: 'paged', blockShift, preambleBytes, keyCheck },
    keyTableBytes,
  )
  const front = new Uint8Array(pagedHeaderBytes(blockShift) + bodyPrefixBytes)
  front.set(header)
  const { aesKey, baseNonce } = await beginBody(
    session.dataKey.key,
    session.bodyContext,
    front.subarray(header.length),
  )
  await draft.write(front, 0)
  return { keys: { key: aesKey, baseNonce }, bodyAt: header.length, chunksAt: front.length }
}
