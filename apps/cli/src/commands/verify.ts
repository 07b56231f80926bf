import { openStream, type VerifyReport, verifyHeader } from '@keywright/core'
import { inspectFile, verifyFile, verifyFileHeader } from '@keywright/files'
import { mistake } from '../flags/mistake.ts'
import { type OpeningFlags, withContext, withKeyFlags, withOpeningKeys } from '../flags/shared-flags.ts'
import { checkBinding, openBinding, requireWithheld, shownContext } from '../items/bindings.ts'
import { inspectStart, maxHeaderBytes } from '../items/inspect-start.ts'
import { drain, readEnvelope, startAndRest } from '../items/standard-input.ts'
import { walk } from '../items/walk.ts'
import { workThrough } from '../items/work-through.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import type { Outcome } from '../terminal/report.ts'
import { readableSize } from '../terminal/sizes.ts'
import { printable } from '../terminal/terminal.ts'

interface VerifyFlags extends OpeningFlags {
  readonly header?: boolean
}

/** `keywright verify`. */
export const verifyCommand: DefineCommand = (command, end) => {
  command.argument('<path...>', 'sealed files and folders; - for standard input')
  withContext(withOpeningKeys(command)).option(
    '--header',
    'check the keys only: quick, and says nothing of the content',
  )
  withKeyFlags(command).action(async (paths: string[], flags: VerifyFlags) => {
    end(await inSession(flags, {}, (session) => verifyAll(session, paths, flags)))
  })
}

async function verifyAll(session: Session, paths: readonly string[], flags: VerifyFlags): Promise<void> {
  const keys = await (await session.keys()).forOpening(flags.key, flags.acceptPublicKeyWrap)
  const { signal } = session
  if (paths.includes('-')) {
    if (paths.length > 1) throw mistake('PATH', '- goes with one path alone')
    const report =
      flags.header === true
        ? await verifyInputHeader(session, { ...checkBinding(flags), keys, signal }, flags)
        : await verifyInput(session, { ...openBinding(flags), keys, signal }, flags)
    session.report.outcome(outcome('-', report))
    return
  }
  await workThrough(session, await walk(paths, { select: 'sealed' }), async ({ item, onProgress }) => {
    requireWithheld(await inspectFile(item.path), flags)
    const binding = { keys, ...checkBinding(flags), signal }
    const report =
      flags.header === true
        ? await verifyFileHeader(item.path, binding)
        : await verifyFile(item.path, { ...binding, onProgress })
    return outcome(item.path, report)
  })
}

async function verifyInput(
  { terminal }: Session,
  binding: Parameters<typeof openStream>[0],
  flags: VerifyFlags,
): Promise<VerifyReport> {
  const { start, all } = await startAndRest((await readEnvelope(terminal.stdin)).bytes, maxHeaderBytes)
  const inspection = await inspectStart(start, start.length)
  requireWithheld(inspection, flags)
  const plaintextBytes = await drain(all.pipeThrough(openStream(binding)))
  const context = binding.context ?? inspection.context
  return {
    level: 'body',
    slots: [],
    plaintextBytes,
    context,
    trustedStoredContext: binding.context === undefined,
  }
}

/** Reads no more than the header; whoever writes to us may stop. */
async function verifyInputHeader(
  { terminal }: Session,
  binding: Parameters<typeof verifyHeader>[1],
  flags: VerifyFlags,
): Promise<VerifyReport> {
  const { start, all } = await startAndRest((await readEnvelope(terminal.stdin)).bytes, maxHeaderBytes)
  await all.cancel()
  requireWithheld(await inspectStart(start, start.length), flags)
  return verifyHeader(start, binding)
}

function outcome(path: string, report: VerifyReport): Outcome {
  const { level, context, trustedStoredContext, slots, plaintextBytes } = report
  const what =
    level === 'body'
      ? `all ${readableSize(plaintextBytes ?? 0)} of content authenticated`
      : 'its keys are good; the content was not read'
  const whose = trustedStoredContext ? 'stored context' : 'context'
  return {
    document: {
      path,
      status: 'verified',
      level,
      plaintextBytes,
      context,
      trustedStoredContext,
      ...(level === 'header' ? { slots: slots.map(({ wrapped: _, ...slot }) => slot) } : {}),
    },
    output: [
      `${printable(path)}: ${what}; ${whose} ${shownContext(context)}`,
      ...slots.map(({ key, keyVersion, result }) => printable(`  ${key} version ${keyVersion}: ${result}`)),
    ],
  }
}
