import { type Command, Option } from 'commander'
import { mistake } from './mistake.ts'
import { addPair, addValue } from './pairs.ts'

/** Flags of every command. */
export interface GlobalFlags {
  readonly json?: boolean
  readonly config?: string
  readonly keyring?: string
  readonly passphraseFile?: readonly string[]
}

/** Flags of commands that open. */
export interface OpeningFlags extends GlobalFlags {
  readonly key?: readonly string[]
  /** False for --no-context. */
  readonly context?: Readonly<Record<string, string>> | false
  readonly associatedData?: string
  readonly acceptPublicKeyWrap?: boolean
}

/** Adds the flags that every command takes. */
export function withGlobalFlags(command: Command): Command {
  return command
    .option('--json', 'results and errors as JSON, one document a line')
    .option('--config <path>', 'config file; default: keywright.config.json here or in a folder above')
}

/** Adds the flags of commands that reach keys. */
export function withKeyFlags(command: Command): Command {
  return withGlobalFlags(command)
    .option('--keyring <name>', 'keyring of the config file; default: default')
    .addOption(
      new Option(
        '--passphrase-file <[name=]path>',
        'file with the passphrase of a local key; with a name, of that key alone (repeatable)',
      ).argParser(addValue),
    )
}

/** Adds --key. */
export function withKeys(command: Command, what: string): Command {
  return command.addOption(new Option('--key <uri>', what).argParser(addValue))
}

/** Adds --key and --accept-public-key-wrap for commands that open. */
export function withOpeningKeys(command: Command): Command {
  return withKeys(command, 'key to open with (repeatable); default: the keyring of the config file').option(
    '--accept-public-key-wrap',
    'with several --key: take slots that anyone with a public key can make beside others',
  )
}

/** Adds --context, --no-context and --associated-data for commands that open. */
export function withContext(command: Command): Command {
  const both = (): never => {
    throw mistake('--no-context', 'give --context or --no-context, not both')
  }
  command.on('option:no-context', () => {
    if (typeof command.getOptionValue('context') === 'object') both()
  })
  return command
    .addOption(
      new Option(
        '--context <name=value>',
        'the whole context that is expected, one pair each time; left out, the stored one is trusted',
      ).argParser(addPair),
    )
    .option('--no-context', 'expect an empty context')
    .option('--associated-data <text>', 'what it was sealed with')
}
