import { createReadStream } from 'node:fs'
import process from 'node:process'
import { openStream } from '@keywright/core'
import { inspectFile, openFile } from '@keywright/files'
import { mistake } from '../flags/mistake.ts'
import { type OpeningFlags, withContext, withKeyFlags, withOpeningKeys } from '../flags/shared-flags.ts'
import { openBinding, requireWithheld, shownContext } from '../items/bindings.ts'
import { ByteCounter, dataSource, fileSink, pipeData, stdoutSink } from '../items/data-stream.ts'
import { exists } from '../items/finished-earlier.ts'
import { inspectStart, maxHeaderBytes } from '../items/inspect-start.ts'
import { makeFolderFor } from '../items/make-folder.ts'
import { readEnvelope, startAndRest } from '../items/standard-input.ts'
import { openedName, Targets } from '../items/targets.ts'
import { walk } from '../items/walk.ts'
import { workThrough } from '../items/work-through.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import { readableSize } from '../terminal/sizes.ts'
import { printable } from '../terminal/terminal.ts'

interface OpenFlags extends OpeningFlags {
  readonly out?: string
  readonly force?: boolean
}

/** `keywright open`. */
export const openCommand: DefineCommand = (command, end) => {
  command.argument('<path...>', 'sealed files and folders; - for standard input, bytes or kw1: text')
  withContext(withOpeningKeys(command))
    .option('--out <path>', 'file or folder for the result; - for standard output')
    .option('--force', 'replace what is there')
  withKeyFlags(command).action(async (paths: string[], flags: OpenFlags) => {
    const toStdout = flags.out === '-' || (paths.includes('-') && flags.out === undefined)
    end(
      await inSession(flags, { dataOnStdout: toStdout }, (session) => open(session, paths, flags, toStdout)),
    )
  })
}

async function open(
  session: Session,
  paths: readonly string[],
  flags: OpenFlags,
  toStdout: boolean,
): Promise<void> {
  const keys = await (await session.keys()).forOpening(flags.key, flags.acceptPublicKeyWrap)
  const { out, force: overwrite = false } = flags
  const binding = { keys, ...openBinding(flags), signal: session.signal }
  if (toStdout || paths.includes('-')) return openAsStream(session, paths, flags, binding)

  const walked = await walk(paths, { select: 'sealed', except: out })
  const targets = await Targets.plan({ out, isMany: walked.isMany, paths: paths.length, rename: openedName })
  await workThrough(session, walked, async ({ item, onProgress }) => {
    const target = targets.of(item)
    const { path } = item
    if (item.inside !== undefined && !overwrite && (await exists(target))) {
      return { document: { path, target, status: 'skipped', reason: 'the target exists' } }
    }
    requireWithheld(await inspectFile(path), flags)
    await makeFolderFor(target, out !== undefined && walked.isMany)
    const opened = await openFile(path, target, { ...binding, overwrite, onProgress })
    const { plaintextBytes, context, trustedStoredContext } = opened
    return {
      document: { path, target, status: 'opened', plaintextBytes, context, trustedStoredContext },
      note: [`${printable(path)} → ${printable(target)}, ${readableSize(plaintextBytes)}`],
      warning: trustedStoredContext ? [accepted(path, context)] : [],
    }
  })
}

async function openAsStream(
  session: Session,
  paths: readonly string[],
  flags: OpenFlags,
  binding: Parameters<typeof openStream>[0],
): Promise<void> {
  const [path, ...others] = paths
  if (path === undefined || others.length > 0) throw mistake('PATH', '- goes with one path alone')
  const { stdin, stdout } = session.terminal
  const { out = '-', force = false } = flags
  const source = path === '-' ? (await readEnvelope(stdin)).bytes : dataSource(createReadStream(path))
  const { start, all } = await startAndRest(source, maxHeaderBytes)
  const inspection = await inspectStart(start, start.length)
  requireWithheld(inspection, flags)
  const sink = out === '-' ? stdoutSink(stdout) : await fileSink(out, force, 0o666 & ~process.umask())
  const counter = new ByteCounter()
  await pipeData(all, [openStream(binding), counter], sink, session.signal)
  const trustedStoredContext = binding.trustStoredContext === true
  const context = binding.context ?? inspection.context
  const plaintextBytes = counter.bytes
  session.report.outcome({
    document: { path, target: out, status: 'opened', plaintextBytes, context, trustedStoredContext },
    warning: trustedStoredContext ? [accepted(path, context)] : [],
  })
}

function accepted(path: string, context: Readonly<Record<string, string>>): string {
  return `keywright: ${printable(path)}: accepted the stored context ${shownContext(context)}`
}
