import process from 'node:process'
import { CommanderError } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import { program } from './program.ts'

/**
 * Runs the command.
 *
 * @param args of the command line, without program and script
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  // Whoever reads us, a pager or `head`, may stop at any time: that ends the run, and is no crash.
  process.stdout.on('error', () => process.exit(1))
  let code: ExitCode = 0
  try {
    const command = await program(args[0], (ended) => {
      code = ended
    })
    await command.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const { reportMisuse } = await import('./misuse.ts')
    return reportMisuse(args, error)
  }
}
