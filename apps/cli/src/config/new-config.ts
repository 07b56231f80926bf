import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { schemaPath } from './config-file.ts'

/**
 * The text of a new config file with one keyring.
 *
 * @param folder that the file will be in; a schema installed for it is named by its relative path, and none that is
 * not there
 * @param key URI of the key that seals and opens
 */
export function newConfig(folder: string, key: string): string {
  const config = { $schema: schemaFor(folder), keyrings: { default: { seal: [key], open: [] } } }
  const text = JSON.stringify(config, undefined, 2)
  return `${text.replace(/\[\s+("[^"]*")\s+\]/g, '[$1]')}\n`
}

function schemaFor(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'node_modules/keywright', schemaPath)
    if (existsSync(path))
      return relative(folder, path)
        .replace(/^(?!\.)/, './')
        .split(sep)
        .join('/')
    if (dirname(at) === at) return undefined
  }
}
