/** `export NAME='value'` for each variable, for any POSIX shell. */
export function shellLines(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  )
}
