import type { CommandDescription, FlagDescription, ValueKind } from './command-tree.ts'

const actions: Readonly<Record<ValueKind, string>> = {
  none: '',
  key: '__keywright_key_uris',
  path: '_files',
  text: ' ',
}

/** A completion script for zsh, to be put on its `fpath` as `_keywright`. */
export function zshCompletion(commands: readonly CommandDescription[]): string {
  return `#compdef keywright
# keywright completion for zsh
__keywright_key_uris() {
  local -a keys
  keys=(\${\${(f)"$(keywright keys list 2>/dev/null)"}%% *})
  compadd -a keys
}
${commands.map(functionOf).join('')}
if [ "$funcstack[1]" = _keywright ]; then _keywright "$@"; else compdef _keywright keywright; fi
`
}

function functionOf(command: CommandDescription): string {
  const { words, subcommands, flags, argument, choices } = command
  const name = ['_keywright', ...words].join('_')
  const specs = flags.map(flagSpec)
  if (subcommands.length === 0) {
    const rest =
      choices.length > 0
        ? `'1:value:(${choices.join(' ')})'`
        : argument === 'none'
          ? ''
          : `'*:${argument}:${actions[argument]}'`
    return `${name}() {\n  _arguments -s ${[...specs, rest].join(' ')}\n}\n`
  }
  const offered = subcommands.map((sub) => `'${escaped(`${sub.name}:${sub.description}`)}'`)
  const branches = subcommands.map((sub) => `      ${sub.name}) ${name}_${sub.name} ;;`)
  return `${name}() {
  local line state
  _arguments -C ${specs.join(' ')} '1: :->command' '*::argument:->argument'
  case $state in
    command) local -a offered; offered=(${offered.join(' ')}); _describe command offered ;;
    argument) case $line[1] in
${branches.join('\n')}
    esac ;;
  esac
}
`
}

function flagSpec({ name, description, value }: FlagDescription): string {
  const told = escaped(description).replace(/[[\]]/g, '\\$&').replaceAll(':', '\\:')
  return `'*${name}[${told}]${value === 'none' ? '' : `:${value}:${actions[value]}`}'`
}

function escaped(text: string): string {
  return text.replaceAll("'", `'\\''`)
}
