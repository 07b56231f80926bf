import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { completionCommand } from './commands/completion.ts'
import { initCommand } from './commands/init.ts'
import { inspectCommand } from './commands/inspect.ts'
import { keysCommand } from './commands/keys.ts'
import { openCommand } from './commands/open.ts'
import { resealCommand } from './commands/reseal.ts'
import { rewrapCommand } from './commands/rewrap.ts'
import { sealCommand } from './commands/seal.ts'
import { verifyCommand } from './commands/verify.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

const environment: readonly (readonly [string, string])[] = [
  ['KEYWRIGHT_DATA_DIR', 'folder of the local keys'],
  ['KEYWRIGHT_PASSPHRASE_FILE', 'file with the passphrase of local keys'],
  ['KEYWRIGHT_PASSPHRASE', 'the passphrase itself: a file is safer'],
  ['KEYWRIGHT_DEBUG', '1 adds where an error was thrown'],
]

/**
 * The whole command.
 *
 * @param end called with the exit code when a command is done
 */
export function program(end: (code: ExitCode) => void): Command {
  const root = new Command('keywright')
    .description('Seal, open, rewrap and inspect files under any key manager.')
    .version(version(), '--version')
    .helpOption('--help', 'what it does and takes')
    .helpCommand(false)
  const commands = [
    initCommand,
    sealCommand,
    openCommand,
    rewrapCommand,
    resealCommand,
    verifyCommand,
    inspectCommand,
    keysCommand,
  ]
  for (const command of commands) root.addCommand(command(end))
  root.addCommand(completionCommand(end, root))
  root.addHelpText('after', `\nExit codes:\n${table([...exitCodes])}\n\nEnvironment:\n${table(environment)}`)
  for (const command of allCommands(root)) quiet(command)
  return root
}

/** A command with all that are in it. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

/** Mistakes are thrown and told in one place, as text or as JSON. */
function quiet(command: Command): void {
  command
    .helpOption('--help', 'what it does and takes')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
}

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}

function table(rows: readonly (readonly [string | number, string])[]): string {
  const width = Math.max(...rows.map(([name]) => String(name).length))
  return rows.map(([name, text]) => `  ${String(name).padEnd(width)}  ${text}`).join('\n')
}
