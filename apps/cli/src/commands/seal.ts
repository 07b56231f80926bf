import { createReadStream } from 'node:fs'
import process from 'node:process'
import { sealStream } from '@keywright/core'
import { sealFile } from '@keywright/files'
import { Option } from 'commander'
import { mistake } from '../flags/mistake.ts'
import { addPair, addValue } from '../flags/pairs.ts'
import { type GlobalFlags, withKeyFlags, withKeys } from '../flags/shared-flags.ts'
import { ByteCounter, dataSource, fileSink, pipeData, stdoutSink } from '../items/data-stream.ts'
import { finishedEarlier } from '../items/finished-earlier.ts'
import { makeFolderFor } from '../items/make-folder.ts'
import { sealedWithout } from '../items/sealed-without.ts'
import { sealedName, Targets } from '../items/targets.ts'
import { walk } from '../items/walk.ts'
import { workThrough } from '../items/work-through.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import { readableSize } from '../terminal/sizes.ts'
import { printable } from '../terminal/terminal.ts'

interface SealFlags extends GlobalFlags {
  readonly key?: readonly string[]
  readonly context?: Readonly<Record<string, string>>
  readonly associatedData?: string
  readonly withhold?: readonly string[]
  readonly out?: string
  readonly force?: boolean
}

/** `keywright seal`. */
export const sealCommand: DefineCommand = (command, end) => {
  command.argument('<path...>', 'files and folders; - for standard input')
  withKeys(command, 'key to seal with (repeatable; any one opens); default: the keyring of the config file')
    .addOption(
      new Option('--context <name=value>', 'what it is for; open compares it (repeatable)').argParser(
        addPair,
      ),
    )
    .option('--associated-data <text>', 'bound into the content and never stored; open has to give it')
    .addOption(
      new Option('--withhold <name>', 'keep the value of this name out of the file (repeatable)').argParser(
        addValue,
      ),
    )
    .option('--out <path>', 'file or folder for the result; - for standard output (compact layout)')
    .option('--force', 'replace what is there')
  withKeyFlags(command).action(async (paths: string[], flags: SealFlags) => {
    const toStdout = flags.out === '-' || (paths.includes('-') && flags.out === undefined)
    end(
      await inSession(flags, { dataOnStdout: toStdout }, (session) => seal(session, paths, flags, toStdout)),
    )
  })
}

async function seal(
  session: Session,
  paths: readonly string[],
  flags: SealFlags,
  toStdout: boolean,
): Promise<void> {
  const lookup = await session.keys()
  const keys = await lookup.forSealing(flags.key)
  const { context, withhold, associatedData, out, force: overwrite = false } = flags
  const binding = { keys, context, withhold, associatedData, signal: session.signal }
  if (toStdout || paths.includes('-')) return sealAsStream(session, paths, out, overwrite, binding)

  const walked = await walk(paths, { select: 'not sealed', except: out })
  const targets = await Targets.plan({ out, isMany: walked.isMany, paths: paths.length, rename: sealedName })
  await workThrough(session, walked, async ({ item, onProgress }) => {
    const target = targets.of(item)
    const { path } = item
    if (item.inside !== undefined && !overwrite && (await finishedEarlier(path, target))) {
      return { document: { path, target, status: 'skipped', reason: 'sealed already' } }
    }
    await makeFolderFor(target, out !== undefined && walked.isMany)
    const { plaintextBytes, fileBytes } = await sealFile(path, target, { ...binding, overwrite, onProgress })
    const { fields, warning } = sealedWithout(path, lookup.takeSealWarnings())
    return {
      document: { path, target, status: 'sealed', layout: 'paged', plaintextBytes, fileBytes, ...fields },
      note: [`${printable(path)} → ${printable(target)}, ${readableSize(fileBytes)}`],
      warning,
    }
  })
}

async function sealAsStream(
  session: Session,
  paths: readonly string[],
  out: string | undefined,
  overwrite: boolean,
  binding: Parameters<typeof sealStream>[0],
): Promise<void> {
  const [path, ...others] = paths
  if (path === undefined || others.length > 0) throw mistake('PATH', '- goes with one path alone')
  const { stdin, stdout } = session.terminal
  const toFile = out !== undefined && out !== '-'
  if (!toFile && stdout.isTTY && !overwrite) {
    throw mistake('--out', 'sealed bytes do not belong on a terminal: --out PATH, a pipe, or --force')
  }
  if (path === '-' && stdin.isTTY)
    session.report.warn('keywright: reading standard input, to its end (Ctrl-D)')
  const source = dataSource(path === '-' ? stdin : createReadStream(path))
  const sink = toFile ? await fileSink(out, overwrite, 0o666 & ~process.umask()) : stdoutSink(stdout)
  const counter = new ByteCounter()
  await pipeData(source, [counter, sealStream(binding)], sink, session.signal)
  const target = toFile ? out : '-'
  const { fields, warning } = sealedWithout(path, (await session.keys()).takeSealWarnings())
  session.report.outcome({
    document: { path, target, status: 'sealed', layout: 'compact', plaintextBytes: counter.bytes, ...fields },
    warning,
  })
}
