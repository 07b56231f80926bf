import { resolve } from 'node:path'
import process from 'node:process'
import { KeywrightError } from '@keywright/core'
import type { ConfigFile } from './config/config-file.ts'
import { findConfig } from './config/find-config.ts'
import { type ExitCode, exitCodeOf } from './exit-codes.ts'
import type { GlobalFlags } from './flags/shared-flags.ts'
import type { KeyLookup } from './keys/key-lookup.ts'
import { Passphrases } from './keys/passphrases.ts'
import type { Asker } from './terminal/ask.ts'
import { Report } from './terminal/report.ts'
import { type Terminal, thisTerminal } from './terminal/terminal.ts'

/** What one run of a command works with. */
export interface Session {
  readonly terminal: Terminal
  readonly report: Report
  /** Aborted by the first interruption. */
  readonly signal: AbortSignal
  readonly showsProgress: boolean
  /** Undefined without a terminal. */
  readonly asker: Asker | undefined
  readonly passphrases: Passphrases
  /** Reads the config file, once. */
  readonly config: () => Promise<ConfigFile | undefined>
  /** Makes the lookup of keys, once; closed with the session. */
  readonly keys: () => Promise<KeyLookup>
}

/** How a command uses the terminal. */
export interface SessionOptions {
  /** Whether standard output carries data. */
  readonly dataOnStdout?: boolean | undefined
}

/**
 * Runs one command: sets up what it works with, tells what ends it, closes keys.
 *
 * @param flags of the command line
 * @param options how it uses the terminal
 * @param work the command
 * @returns the exit code
 */
export async function inSession(
  flags: GlobalFlags,
  options: SessionOptions,
  work: (session: Session) => Promise<void>,
): Promise<ExitCode> {
  const terminal = thisTerminal()
  const json = flags.json === true
  const report = new Report(terminal, { json, dataOnStdout: options.dataOnStdout })
  const interruption = interruptible()
  const { signal } = interruption
  const asker = terminal.canAsk ? { terminal, signal } : undefined
  let reading: Promise<ConfigFile | undefined> | undefined
  let looking: Promise<KeyLookup> | undefined
  const config = (): Promise<ConfigFile | undefined> => {
    reading ??= configOf(flags)
    return reading
  }
  const passphrases = new Passphrases(flags.passphraseFile ?? [], asker)
  const keys = (): Promise<KeyLookup> => {
    looking ??= (async () => {
      const { KeyLookup } = await import('./keys/key-lookup.ts')
      return new KeyLookup({ config: await config(), keyring: flags.keyring, passphrases })
    })()
    return looking
  }
  const showsProgress = terminal.isWatched && !json
  try {
    await work({ terminal, report, signal, showsProgress, asker, passphrases, config, keys })
    return report.exitCode
  } catch (error) {
    const failure = signal.aborted ? new KeywrightError('aborted', 'interrupted') : error
    report.failure(undefined, failure)
    return report.exitCode
  } finally {
    interruption.end()
    await closed(looking)
  }
}

/** How long keys may take to close; one that never connected never does. */
const closeLimitMs = 1_000

async function closed(looking: Promise<KeyLookup> | undefined): Promise<void> {
  if (looking === undefined) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeLimitMs)
  })
  const closing = looking.then((lookup) => lookup.close()).catch(() => {})
  await Promise.race([closing, late])
  clearTimeout(timer)
  // A call that nobody waits for any more would keep the process; everything has been told by now.
  setTimeout(() => process.exit(), closeLimitMs).unref()
}

async function configOf({ config }: GlobalFlags): Promise<ConfigFile | undefined> {
  const path = config === undefined ? await findConfig(process.cwd()) : resolve(config)
  if (path === undefined) return undefined
  const { readConfig } = await import('./config/read-config.ts')
  return readConfig(path)
}

/** The first interruption aborts, so that nothing half-done stays; the second ends the process at once. */
function interruptible(): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodeOf('aborted'))
    controller.abort(new KeywrightError('aborted', 'interrupted'))
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, interrupt)
  return {
    signal: controller.signal,
    end: () => {
      for (const name of signals) process.off(name, interrupt)
    },
  }
}
