import { KeywrightError } from '@keywright/core'
import { CommanderError } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import { Report } from './terminal/report.ts'
import { thisTerminal } from './terminal/terminal.ts'

/**
 * Tells what is wrong with a command line.
 *
 * @param args of the command line; --json among them decides the form
 * @param thrown while it was parsed
 * @returns the exit code
 */
export function reportMisuse(args: readonly string[], thrown: unknown): ExitCode {
  const json = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).includes('--json')
  const report = new Report(thisTerminal(), { json })
  report.failure(undefined, thrown instanceof CommanderError ? misuse(thrown) : thrown)
  return report.exitCode
}

function misuse({ message, code }: CommanderError): KeywrightError {
  const said =
    code === 'commander.help' ? 'no command is named' : message.replace(/^error: /, '').replace(/\n/g, ' ')
  return new KeywrightError('invalid-argument', `${said}; see keywright --help`, { field: 'arguments' })
}
