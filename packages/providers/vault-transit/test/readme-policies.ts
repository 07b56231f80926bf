import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

/** The policies that the README shows, by task and kind of key. */
export const policies: ReadonlyMap<string, string> = new Map(
  [...readme.matchAll(/^<!-- policy: (\S+ \S+) -->\n\n```text\n([^`]*)```$/gm)].map(
    ([, name = '', text = '']) => [name, text],
  ),
)

/**
 * One policy of the README.
 *
 * @param name task and kind of key
 * @param key that it is to be for
 */
export function policy(name: string, key = 'orders'): string {
  return (policies.get(name) ?? `there is no policy ${name}`).replaceAll('/orders"', `/${key}"`)
}

/** Its `path` blocks. */
export function blocks(text: string): readonly string[] {
  return text.match(/path[^}]*\}\n/g) ?? []
}

/** Capability and path of each, as the server's log has them. */
export function granted(text: string): readonly string[] {
  return blocks(text).map((block) => {
    const [, path, capability] = /path "([^"]+)" \{\s+capabilities = \["(\w+)"\]/.exec(block) ?? []
    return `${capability} ${path}`
  })
}
