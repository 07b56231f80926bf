import type { CommandDescription } from './command-tree.ts'

/** A completion script for bash 3.2 and later. */
export function bashCompletion(commands: readonly CommandDescription[]): string {
  const cases = commands.map(({ words, subcommands, flags, argument, choices }) => {
    const offered = [...subcommands.map(({ name }) => name), ...choices]
    const fields = [
      `flags='${flags.map(({ name }) => name).join(' ')}'`,
      `words='${offered.join(' ')}'`,
      `argument=${argument}`,
    ]
    return `    '${words.join(' ')}') ${fields.join('; ')} ;;`
  })
  const valued = (kind: string): string => {
    const names = commands.flatMap(({ flags }) =>
      flags.filter(({ value }) => value === kind).map(({ name }) => name),
    )
    return [...new Set(names)].join('|')
  }
  const names = commands.map(({ words }) => words.join(' ')).filter((name) => name !== '')
  return `# keywright completion for bash
_keywright_keys() { keywright keys list 2>/dev/null | while read -r key _; do echo "$key"; done; }
_keywright() {
  local line=$COMP_LINE current previous command='' word flags words argument
  line=\${line:0:$COMP_POINT}
  current=\${line##*[[:space:]]}
  read -ra typed <<<"\${line%"$current"}"
  previous=\${typed[\${#typed[@]}-1]}
  for word in "\${typed[@]:1}"; do
    case "\${command:+$command }$word" in
      ${names.map((name) => `'${name}'`).join('|')}) command="\${command:+$command }$word" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  COMPREPLY=()
  case "$previous" in
    ${valued('key')}) _keywright_reply "$(_keywright_keys)"; return ;;
    ${valued('path')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${valued('text')}) return ;;
  esac
  case "$current" in
    -*) _keywright_reply "$flags"; return ;;
  esac
  if [ -n "$words" ]; then _keywright_reply "$words"; return; fi
  case "$argument" in
    key) _keywright_reply "$(_keywright_keys)" ;;
    path) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
# bash takes a colon for the end of a word: what stands before it is typed already.
_keywright_reply() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
  case "$current" in
    *:*)
      case "$COMP_WORDBREAKS" in
        *:*)
          local index before=\${current%"\${current##*:}"}
          for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]=\${COMPREPLY[index]#"$before"}; done ;;
      esac ;;
  esac
}
complete -o filenames -F _keywright keywright
`
}
