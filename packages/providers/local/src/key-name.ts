import { KeywrightError } from '@keywright/core/provider'

/** Starts with a letter or digit, so that no name is `.`, `..`, a hidden file or an option of a command. */
const grammar = /^[a-z0-9][a-z0-9._-]{0,62}$/

/**
 * Checks the name of a key before it becomes part of a path.
 *
 * @param name 1 to 63 of `a-z 0-9 . _ -`, starting with a letter or digit
 * @throws KeywrightError `configuration`, with field `key`
 */
export function checkKeyName(name: unknown): string {
  if (typeof name === 'string' && grammar.test(name)) return name
  throw new KeywrightError(
    'configuration',
    'a local key name has 1 to 63 of a-z, 0-9, dot, dash and underscore, and starts with a letter or digit',
    { field: 'key' },
  )
}
