import { KeywrightError, type OpenOptions } from '@keywright/core'
import {
  bodyPrefixBytes,
  type ChunkEngine,
  callingThread,
  checkPrefix,
  expectContext,
  type OpenSession,
  startOpen,
} from '@keywright/core/engine'
import { type BodyRun, eachRun, type ProgressOptions } from './body-runs.ts'
import { Draft } from './draft.ts'
import { claimedPlaintextBytes, type FileHeader, readBodyPrefix, readHeader } from './envelope-file.ts'
import { nodeFileStore, type StoreOptions } from './file-store.ts'
import type { TargetOptions } from './seal-file.ts'
import { SourceFile } from './source-file.ts'
import type { Place } from './storage-failure.ts'

/** Options of {@link openFile}. */
export interface OpenFileOptions extends OpenOptions, TargetOptions, ProgressOptions, StoreOptions {}

/** What was opened. */
export interface OpenedFile {
  readonly plaintextBytes: number
  /** The full context, as stated by the caller or as stored. */
  readonly context: Readonly<Record<string, string>>
  /** Whether the context was accepted from the header instead of stated. */
  readonly trustedStoredContext: boolean
}

/**
 * Opens a sealed file, paged or compact, into a new one. The target has its name only once every chunk authenticated,
 * the end among them, and all is on the medium; until then its content is in a folder `.NAME.kw-work` beside it,
 * readable by its owner alone, and a failure leaves nothing. Memory does not grow with the file.
 *
 * @param source path of a sealed file; a link is followed
 * @param target path of the new file; a link, folder or device of that name is never replaced
 * @param options the keyring, the expected context, and the associated data of the seal
 * @throws KeywrightError the codes of `open`; `storage-exists`; `conflict` for a source that was cut short
 * meanwhile; `invalid-argument` for one that is no plain file; `storage-not-found`, `storage-denied`, `storage-read-only`,
 * `storage-full`, `storage-failed`, with `source` or `target` as field; `aborted`
 */
export async function openFile(
  source: string,
  target: string,
  options: OpenFileOptions,
): Promise<OpenedFile> {
  const { store = nodeFileStore, overwrite = false } = options
  const input = await SourceFile.open(store, { path: source, field: 'source' })
  try {
    const found = await readHeader(input)
    const draft = await Draft.start(store, { path: target, field: 'target' }, overwrite)
    try {
      const plaintextBytes = await openRuns(input, found, options, (run) =>
        draft.write(run.plaintext, run.plaintextAt),
      )
      await draft.publish({ mode: options.mode ?? input.facts.mode, overwrite })
      return { plaintextBytes, ...acceptedContext(found, options) }
    } catch (error) {
      await draft.discard()
      throw error
    }
  } finally {
    await input.close()
  }
}

/** The context that an open accepted, for its result. */
export function acceptedContext(
  { header }: FileHeader,
  options: OpenOptions,
): Omit<OpenedFile, 'plaintextBytes'> {
  const { pairs } = expectContext(header.preamble, options)
  return {
    context: Object.fromEntries(pairs),
    trustedStoredContext: options.trustStoredContext === true,
  }
}

/**
 * Opens a body run by run. What `use` got is to be discarded unless all of this succeeds.
 *
 * @param use what to do with each run's plaintext, in any order
 * @returns plaintext bytes, authenticated to the end
 * @throws KeywrightError the codes of `open`; `conflict`; storage codes
 */
export async function openRuns(
  input: SourceFile,
  found: FileHeader,
  options: OpenOptions & ProgressOptions,
  use: (run: BodyRun) => Promise<void>,
): Promise<number> {
  const { header, bytes } = found
  const session = await startOpen({ bytes, decode: () => header }, options)
  try {
    const plaintextBytes = claimedPlaintextBytes(input, found)
    await openAll(session, input, found, { ...options, plaintextBytes }, use)
    session.count(plaintextBytes)
    return plaintextBytes
  } finally {
    session.release()
  }
}

async function openAll(
  session: OpenSession,
  input: SourceFile,
  found: FileHeader,
  options: OpenOptions & ProgressOptions & { readonly plaintextBytes: number },
  use: (run: BodyRun) => Promise<void>,
): Promise<void> {
  const prefix = await readBodyPrefix(input, found)
  const { aesKey, baseNonce } = await checkPrefix(session.dataKey.key, session.bodyContext, prefix)
  const engine: ChunkEngine = options.threads ?? callingThread
  const chunksAt = found.bodyAt + bodyPrefixBytes
  try {
    await eachRun(options, async (run) => {
      await input.fill(run.sealed, chunksAt + run.sealedAt)
      const opened = await engine.openChunks({
        key: aesKey,
        baseNonce,
        firstChunk: run.firstChunk,
        input: run.sealed,
        output: run.plaintext,
        final: run.final,
        signal: options.signal,
      })
      if (opened !== run.chunks) throw unauthentic(input.place)
      await use(run)
    })
  } finally {
    baseNonce.fill(0)
  }
}

function unauthentic({ path }: Place): KeywrightError {
  const message = `${path} was altered, or its body belongs to another header`
  return new KeywrightError('authentication-failed', message, { field: 'body' })
}
