import type { KeyDescription } from '@keywright/core'
import type { LocalKeyDescription } from '@keywright/local'
import { printable } from '../terminal/terminal.ts'

/** The `--json` document of a local key. */
export function keyDocument(key: LocalKeyDescription): Record<string, unknown> {
  const { uri, name, ...rest } = key
  return { key: uri, name, ...rest }
}

/** A local key in one line; its URI comes first, for programs such as completion that take the first word. */
export function keyLine({ uri, currentVersion, state, passphrase, path }: LocalKeyDescription): string {
  const guard = passphrase ? 'passphrase' : 'no passphrase'
  return printable(`${uri}  version ${currentVersion}, ${state}, ${guard}  ${path}`)
}

/** What any key manager says of a key, for people. */
export function describeKeyLines(uri: string, description: KeyDescription): readonly string[] {
  const { state, currentVersion, versions, protectionLevel, createdAt } = description
  const made = createdAt === undefined ? '' : `, made ${createdAt.toISOString()}`
  return [
    `${printable(uri)}: ${state}, protection ${protectionLevel}${made}`,
    ...versions.map(({ version, state: versionState, createdAt: versionMade }) =>
      printable(
        `  version ${version}: ${versionState}${versionMade === undefined ? '' : `, made ${versionMade.toISOString()}`}${
          version === currentVersion ? ', wraps now' : ''
        }`,
      ),
    ),
  ]
}

/**
 * The name of a local key, given as such or as its URI.
 *
 * @param text `NAME` or `local://NAME`
 */
export function localName(text: string): string {
  return text.startsWith('local://') ? text.slice('local://'.length) : text
}
