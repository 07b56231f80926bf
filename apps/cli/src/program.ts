import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { ownFile } from './own-files.ts'

/** Adds arguments, flags and action to a command. */
export type DefineCommand = (command: Command, end: (code: ExitCode) => void, root: Command) => void

interface CommandEntry {
  readonly name: string
  readonly usage: string
  readonly description: string
  /** Loads its definition, and with it what it needs to run. */
  readonly load: () => Promise<DefineCommand>
}

const commands: readonly CommandEntry[] = [
  {
    name: 'init',
    usage: '[options]',
    description: 'put a config file here, and make a local key',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'seal',
    usage: '[options] PATH…',
    description: 'seal files, folders or standard input (-): FILE.kw beside FILE, which stays',
    load: async () => (await import('./commands/seal.ts')).sealCommand,
  },
  {
    name: 'open',
    usage: '[options] PATH…',
    description: 'open sealed files, folders of them, or standard input (-): FILE beside FILE.kw',
    load: async () => (await import('./commands/open.ts')).openCommand,
  },
  {
    name: 'rewrap',
    usage: '[options] PATH… --from URI --to URI',
    description: 'move sealed files to other keys, in place; the content is not touched',
    load: async () => (await import('./commands/rewrap.ts')).rewrapCommand,
  },
  {
    name: 'reseal',
    usage: '[options] PATH…',
    description: 'seal anew in place, with a new data key: after a compromise, or for age',
    load: async () => (await import('./commands/reseal.ts')).resealCommand,
  },
  {
    name: 'verify',
    usage: '[options] PATH…',
    description: 'read and authenticate all of sealed files, and write nothing',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'lock-out',
    usage: '[options] RECEIPTS… --from URI',
    description: 'prove that an old key opens nothing of what was rewrapped, by asking it',
    load: async () => (await import('./commands/lock-out.ts')).lockOutCommand,
  },
  {
    name: 'inspect',
    usage: '[options] PATH…',
    description: 'show what sealed files say of themselves; needs no key, and proves nothing',
    load: async () => (await import('./commands/inspect.ts')).inspectCommand,
  },
  {
    name: 'keys',
    usage: 'list | create NAME | rotate NAME | describe URI',
    description: 'list, create, rotate and describe keys',
    load: async () => (await import('./commands/keys.ts')).keysCommand,
  },
  {
    name: 'doctor',
    usage: '[options] [URI…]',
    description: 'try what keys can do: every line says which call proved it, and what to fix',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'completion',
    usage: 'bash | zsh | fish',
    description: 'print what completes this command in a shell',
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
]

const environment: readonly (readonly [string, string])[] = [
  ['KEYWRIGHT_DATA_DIR', 'folder of the local keys'],
  ['KEYWRIGHT_PASSPHRASE_FILE', 'file with the passphrase of local keys'],
  ['KEYWRIGHT_PASSPHRASE', 'the passphrase itself: a file is safer'],
  ['KEYWRIGHT_DEBUG', '1 adds where an error was thrown'],
]

/**
 * The command. What a subcommand needs is loaded only for the one that is called, so that help is quick.
 *
 * @param called name of the subcommand; `completion` loads all, for it describes all
 * @param end called with the exit code when a command is done
 */
export async function program(called: string | undefined, end: (code: ExitCode) => void): Promise<Command> {
  const root = new Command('keywright')
    .usage('COMMAND')
    .description('Seal, open, rewrap and inspect files under any key manager.')
    .version(version(), '--version', 'the version of this command')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
  for (const { name, usage, description, load } of commands) {
    const command = root.command(name).usage(usage).description(description)
    if (called === name || called === 'completion') (await load())(command, end, root)
  }
  root.addHelpText('after', `\nExit codes:\n${table([...exitCodes])}\n\nEnvironment:\n${table(environment)}`)
  for (const command of allCommands(root)) quiet(command)
  return root
}

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

/** Mistakes are thrown, and told in one place, as text or as JSON. */
function quiet(command: Command): void {
  command
    .helpOption('--help', 'what it does and takes')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(ownFile('package.json'), 'utf8'))
  return manifest.version
}

function table(rows: readonly (readonly [string | number, string])[]): string {
  const width = Math.max(...rows.map(([name]) => String(name).length))
  return rows.map(([name, text]) => `  ${String(name).padEnd(width)}  ${text}`).join('\n')
}
