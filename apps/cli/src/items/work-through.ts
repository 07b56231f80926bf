import { isKeywrightError } from '@keywright/core'
import type { FileProgress } from '@keywright/files'
import type { Session } from '../session.ts'
import { ProgressBar } from '../terminal/progress-bar.ts'
import type { Outcome } from '../terminal/report.ts'
import { printable } from '../terminal/terminal.ts'
import type { FileItem, Walked } from './walk.ts'

/** One file, and a place to tell progress. */
export interface Work {
  readonly item: FileItem
  readonly onProgress: (progress: FileProgress) => void
}

/**
 * Does something with each file, one after the other. A failure is told and the next file is taken; only an
 * interruption ends the run.
 *
 * @param session of the command
 * @param walked the files
 * @param work what to do with one
 */
export async function workThrough(
  session: Session,
  walked: Walked,
  work: (work: Work) => Promise<Outcome>,
): Promise<void> {
  const { items, isMany } = walked
  const { report, signal } = session
  const total = items.reduce((sum, item) => sum + (item.kind === 'file' ? item.sizeBytes : 0), 0)
  const bar = new ProgressBar(session.showsProgress ? session.terminal.stderr : undefined, total)
  report.beforeWrite(() => bar.clear())
  try {
    for (const item of items) {
      if (item.kind === 'failed') {
        report.failure(item.path, item.error)
      } else if (item.kind === 'skipped') {
        const { path, reason } = item
        report.outcome({
          document: { path, status: 'skipped', reason },
          note: [`${printable(path)}: ${reason}, left as it is`],
        })
      } else {
        signal.throwIfAborted()
        try {
          const onProgress = ({ doneBytes, totalBytes }: FileProgress): void =>
            bar.within(item.path, totalBytes === 0 ? 0 : (doneBytes / totalBytes) * item.sizeBytes)
          report.outcome(await work({ item, onProgress }))
        } catch (error) {
          if (signal.aborted || isKeywrightError(error, 'aborted')) throw error
          report.failure(item.path, error)
        }
        bar.done(item.sizeBytes)
      }
    }
  } finally {
    bar.clear()
    report.beforeWrite(undefined)
    if (isMany) report.summary()
  }
}
