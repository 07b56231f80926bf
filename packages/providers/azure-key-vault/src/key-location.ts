import { KeywrightError } from '@keywright/core/provider'

/** Where a key is: one vault or managed HSM, one key in it. */
export interface KeyLocation {
  /** Host in lower case, with its port unless that is 443. */
  readonly host: string
  /** The key's name as it was given; the service takes letters of either case for the same. */
  readonly name: string
  /** `HOST[:PORT]/keys/NAME`, the canonical reference. */
  readonly reference: string
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const grammar = new RegExp(
  `^((?:localhost|${label}(?:\\.${label})+)(?::[1-9][0-9]{0,4})?)/keys/([0-9a-z-]{1,127})$`,
  'i',
)
const versionGrammar = /^[0-9a-f]{32}$/
const loopbackGrammar = /^(127\.0\.0\.1|localhost)(:[0-9]+)?$/

/**
 * Reads where a key is. The name reaches paths and the host decides who gets the token: nothing outside the grammar
 * is taken.
 *
 * @param text `HOST[:PORT]/keys/NAME`, with or without `https://` before it
 * @throws KeywrightError `configuration`, with field `key`
 */
export function locateKey(text: string): KeyLocation {
  const location = readReference(text.replace(/^https:\/\//, ''))
  if (location !== undefined) return location
  const message =
    'an Azure key is named HOST/keys/NAME, such as contoso.vault.azure.net/keys/orders, without a version'
  throw new KeywrightError('configuration', message, { field: 'key' })
}

function readReference(text: string): KeyLocation | undefined {
  const [, authority = '', name = ''] = grammar.exec(text) ?? []
  const [domain = '', port = '443'] = authority.toLowerCase().split(':')
  if (name === '' || Number(port) > 65_535) return undefined
  const host = port === '443' ? domain : `${domain}:${port}`
  return { host, name, reference: `${host}/keys/${name}` }
}

/** Whether two references name one key: hosts and names are the same in either case. */
export function sameKey(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase()
}

/**
 * Reads the `kid` of an answer.
 *
 * @returns the key's reference and its version as far as they are there and well-formed
 */
export function readKid(kid: unknown): { readonly answeredKey?: string; readonly keyVersion?: string } {
  const [, path = '', version = ''] =
    /^https:\/\/([^/]+\/keys\/[^/]+)(?:\/([^/]*))?$/.exec(typeof kid === 'string' ? kid : '') ?? []
  const location = readReference(path)
  if (location === undefined) return {}
  const { reference: answeredKey } = location
  return versionGrammar.test(version) ? { answeredKey, keyVersion: version } : { answeredKey }
}

/**
 * The version of a slot, which anyone may have written and which goes into a path.
 *
 * @throws KeywrightError `invalid-argument`
 */
export function checkedVersion(version: string): string {
  if (versionGrammar.test(version)) return version
  const message = 'a version of an Azure key has 32 lower-case hexadecimal digits'
  throw new KeywrightError('invalid-argument', message, { field: 'keyVersion' })
}

/**
 * Whether a host is one that somebody declared to be an emulator, by option or by KEYWRIGHT_AZURE_EMULATOR_HOST
 * (`HOST:PORT`, several with commas). Such a host is not asked to prove that its challenge is Azure's, so that only
 * the loopback can be one.
 *
 * @throws KeywrightError `configuration` for a declared host elsewhere, and for a loopback host that nobody declared
 */
export function isEmulator(host: string, option: string | undefined): boolean {
  const declared = (option ?? process.env['KEYWRIGHT_AZURE_EMULATOR_HOST'] ?? '').toLowerCase().split(',')
  const loopback = loopbackGrammar.test(host)
  const named = declared.some((entry) => entry.trim() === host)
  if (named === loopback) return named
  const message = named
    ? `${host} is declared to be an emulator, which only a loopback address can be`
    : `${host} is no Azure host: for an emulator, set KEYWRIGHT_AZURE_EMULATOR_HOST=${host}`
  throw new KeywrightError('configuration', message, { field: 'emulatorHost' })
}
