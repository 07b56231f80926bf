import { inspectFile } from '@keywright/files'
import { type GlobalFlags, withGlobalFlags } from '../flags/shared-flags.ts'
import { describeInspection, inspectionDocument } from '../items/describe-inspection.ts'
import { inspectStart, maxHeaderBytes, type SizedInspection } from '../items/inspect-start.ts'
import { drain, readEnvelope, startAndRest } from '../items/standard-input.ts'
import { walk } from '../items/walk.ts'
import { workThrough } from '../items/work-through.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import type { Outcome } from '../terminal/report.ts'

/** `keywright inspect`. */
export const inspectCommand: DefineCommand = (command, end) => {
  command.argument('<path...>', 'sealed files and folders; - for standard input, bytes or kw1: text')
  withGlobalFlags(command).action(async (paths: string[], flags: GlobalFlags) => {
    end(await inSession(flags, {}, (session) => inspectAll(session, paths)))
  })
}

async function inspectAll(session: Session, paths: readonly string[]): Promise<void> {
  const files = paths.filter((path) => path !== '-')
  if (files.length < paths.length) session.report.outcome(outcome('-', await inspectInput(session)))
  if (files.length === 0) return
  await workThrough(session, await walk(files, { select: 'sealed' }), async ({ item }) =>
    outcome(item.path, await inspectFile(item.path)),
  )
}

async function inspectInput({ terminal }: Session): Promise<SizedInspection> {
  const { bytes } = await readEnvelope(terminal.stdin)
  const { start, all } = await startAndRest(bytes, maxHeaderBytes)
  const fileBytes = await drain(all)
  return inspectStart(start, fileBytes)
}

function outcome(path: string, inspection: SizedInspection): Outcome {
  return { document: inspectionDocument(path, inspection), output: describeInspection(path, inspection) }
}
