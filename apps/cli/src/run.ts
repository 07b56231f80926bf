import process from 'node:process'
import { CommanderError } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import { mistake } from './flags/mistake.ts'
import { program } from './program.ts'
import { Report } from './terminal/report.ts'
import { thisTerminal } from './terminal/terminal.ts'

/**
 * Runs the command.
 *
 * @param args of the command line, without program and script
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  endWithReader()
  let code: ExitCode = 0
  try {
    await program((ended) => {
      code = ended
    }).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const json = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).includes('--json')
    const report = new Report(thisTerminal(), { json })
    report.failure(undefined, error instanceof CommanderError ? misuse(error) : error)
    return report.exitCode
  }
}

function misuse({ message, code }: CommanderError): unknown {
  const said =
    code === 'commander.help' ? 'name a command' : message.replace(/^error: /, '').replace(/\n/g, ' ')
  return mistake('--help', `${said}; see keywright --help`)
}

/** Whoever reads us, a pager or `head`, may stop at any time: that ends the run, and is no crash. */
function endWithReader(): void {
  process.stdout.on('error', () => process.exit(1))
}
