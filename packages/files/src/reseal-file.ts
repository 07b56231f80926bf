import { KeywrightError, type ResealOptions } from '@keywright/core'
import {
  type ChunkEngine,
  callingThread,
  expectContext,
  type SealSession,
  sealedBodySize,
  startSeal,
} from '@keywright/core/engine'
import type { ProgressOptions } from './body-runs.ts'
import { Draft } from './draft.ts'
import { claimedPlaintextBytes, type FileHeader, readHeader } from './envelope-file.ts'
import type { LockOptions } from './file-lock.ts'
import { nodeFileStore, type StoreOptions } from './file-store.ts'
import { withLockedFile } from './locked-file.ts'
import { openRuns } from './open-file.ts'
import { type SealedFile, writeFront } from './seal-file.ts'
import type { SourceFile } from './source-file.ts'

/** Options of {@link resealFile}. */
export interface ResealFileOptions extends ResealOptions, ProgressOptions, LockOptions, StoreOptions {}

/**
 * Seals the content of a sealed file, paged or compact, anew: with a new data key, in its place. This is the answer to
 * a compromise, to the age of a data key, and to handing a file to another party. Plaintext is in memory only, run by
 * run; the file is replaced in one step once the new one is complete and on the medium. Permissions, owner, context
 * and what was withheld stay. The result is paged.
 *
 * @param path of a sealed file; a link is followed
 * @param options who opens, who seals
 * @throws KeywrightError the codes of `open` and `seal`; `conflict` when the lock is not free in time, and for a file
 * that somebody else wrote to meanwhile; `invalid-argument` for a file of several names, or no plain file; storage
 * codes with field `path`; `aborted`
 */
export async function resealFile(path: string, options: ResealFileOptions): Promise<SealedFile> {
  const { store = nodeFileStore } = options
  return withLockedFile(store, path, 'read', options, async (input) => {
    const found = await readHeader(input)
    const { facts } = input
    const draft = await Draft.start(store, input.place, true)
    try {
      const sealed = await resealInto(input, found, draft, options)
      await input.checkUnchanged()
      await input.checkNamed(store)
      await draft.publish({ mode: facts.mode, owner: facts, overwrite: true })
      return sealed
    } catch (error) {
      await draft.discard()
      throw error
    }
  })
}

async function resealInto(
  input: SourceFile,
  found: FileHeader,
  draft: Draft,
  options: ResealFileOptions,
): Promise<SealedFile> {
  const { preamble } = found.header
  const plaintextBytes = claimedPlaintextBytes(input, found)
  const sealing = {
    keys: options.to ?? options.keys,
    context: Object.fromEntries(expectContext(preamble, options).pairs),
    withhold: preamble.withheldNames,
    associatedData: options.newAssociatedData ?? options.associatedData,
    signal: options.signal,
  }
  const session = await startSeal(sealing, plaintextBytes)
  try {
    refuseSameKey(session, found)
    return await resealRuns(session, input, found, draft, options)
  } finally {
    session.release()
  }
}

/** A keyring that caches DEKs could hand out the very one that the file has. */
function refuseSameKey(session: SealSession, { header }: FileHeader): void {
  if (session.keyCheck.some((byte, at) => byte !== header.keyCheck[at])) return
  const message = 'the keyring caches data keys and gave the one that this file has: evict it first'
  throw new KeywrightError('conflict', message, { field: 'keys' })
}

async function resealRuns(
  session: SealSession,
  input: SourceFile,
  found: FileHeader,
  draft: Draft,
  options: ResealFileOptions,
): Promise<SealedFile> {
  const engine: ChunkEngine = options.threads ?? callingThread
  const body = await writeFront(session, draft)
  try {
    const plaintextBytes = await openRuns(input, found, options, async (run) => {
      // The run's old chunks have been opened; its new ones, of the same size, take their memory.
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
    return { plaintextBytes, fileBytes: body.bodyAt + sealedBodySize(plaintextBytes) }
  } finally {
    body.keys.baseNonce.fill(0)
  }
}
