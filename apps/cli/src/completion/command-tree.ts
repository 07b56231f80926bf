import type { Command } from 'commander'

/** What follows a flag. */
export type ValueKind = 'none' | 'key' | 'path' | 'text'

/** One flag. */
export interface FlagDescription {
  readonly name: string
  readonly description: string
  readonly value: ValueKind
}

/** One command as completion needs it. */
export interface CommandDescription {
  /** Words after the program's name; empty for the program itself. */
  readonly words: readonly string[]
  readonly description: string
  readonly subcommands: readonly { readonly name: string; readonly description: string }[]
  readonly flags: readonly FlagDescription[]
  /** What its first argument is. */
  readonly argument: ValueKind
  /** Fixed values of its first argument. */
  readonly choices: readonly string[]
}

/**
 * Describes a command and all that are in it, so that completion follows the definitions.
 *
 * @param command the root, or one below it
 * @param words that lead to it
 */
export function describeCommands(
  command: Command,
  words: readonly string[] = [],
): readonly CommandDescription[] {
  const [argument] = command.registeredArguments
  const own: CommandDescription = {
    words,
    description: command.description(),
    subcommands: command.commands.map((sub) => ({ name: sub.name(), description: sub.description() })),
    flags: command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long, description, flags }) =>
        long === undefined || long === null ? [] : [{ name: long, description, value: kindOf(flags) }],
      ),
    argument: argument === undefined ? 'none' : kindOf(`<${argument.name()}>`),
    choices: argument?.argChoices ?? [],
  }
  return [own, ...command.commands.flatMap((sub) => describeCommands(sub, [...words, sub.name()]))]
}

function kindOf(flags: string): ValueKind {
  const value = /[<[](.*)[>\]]$/.exec(flags)?.[1]
  if (value === undefined) return 'none'
  if (value === 'uri') return 'key'
  return value.endsWith('path') ? 'path' : 'text'
}
