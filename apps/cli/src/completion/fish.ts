import type { CommandDescription, FlagDescription, ValueKind } from './command-tree.ts'

const values: Readonly<Record<ValueKind, string>> = {
  none: '',
  key: " -x -a '(__keywright_keys)'",
  path: ' -r -F',
  text: ' -x',
}

/** A completion script for fish. */
export function fishCompletion(commands: readonly CommandDescription[]): string {
  return `# keywright completion for fish
function __keywright_keys
  keywright keys list 2>/dev/null | string replace -r ' .*' ''
end
function __keywright_at
  set -l words (commandline -opc | string match -v -- '-*')
  set -l count (count $argv)
  test (count $words) -gt $count; or return 1
  if test $count -eq 0
    test (count $words) -eq 1
    return
  end
  set -l last (math $count + 1)
  test "$words[2..$last]" = "$argv"
end
function __keywright_only
  test (commandline -opc | string match -v -- '-*' | count) -eq $argv[1]
end
complete -c keywright -f
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf(command: CommandDescription): readonly string[] {
  const { words, subcommands, flags, argument, choices } = command
  const at = `__keywright_at ${words.join(' ')}`.trimEnd()
  const first = `'${at}; and __keywright_only ${words.length + 1}'`
  return [
    ...subcommands.map(
      (sub) => `complete -c keywright -n ${first} -a ${sub.name} -d '${escaped(sub.description)}'`,
    ),
    ...choices.map((choice) => `complete -c keywright -n ${first} -a ${choice}`),
    ...(argument === 'path' ? [`complete -c keywright -n '${at}' -F`] : []),
    ...(argument === 'key' ? [`complete -c keywright -n '${at}' -a '(__keywright_keys)'`] : []),
    ...flags.map((flag) => flagLine(at, flag)),
  ]
}

function flagLine(at: string, { name, description, value }: FlagDescription): string {
  return `complete -c keywright -n '${at}' -l ${name.slice(2)} -d '${escaped(description)}'${values[value]}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
