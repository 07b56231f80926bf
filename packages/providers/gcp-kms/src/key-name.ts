import { KeywrightError } from '@keywright/core/provider'

const keyGrammar =
  /^projects\/(?:[a-z0-9][a-z0-9.-]{0,62}:)?[a-z0-9][a-z0-9-]{0,62}\/locations\/[a-z][a-z0-9-]{0,62}\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/
const versionNameGrammar = /^(.+)\/cryptoKeyVersions\/([1-9][0-9]{0,18})$/

/**
 * A key's full name, as it came.
 *
 * @throws KeywrightError `configuration` for another name, a version's among them
 */
export function checkedKey(key: string): string {
  if (keyGrammar.test(key)) return key
  const shape = 'projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY'
  const message = `a gcp-kms key is named ${shape}, without a version`
  throw new KeywrightError('configuration', message, { field: 'key' })
}

/**
 * The number in a version's full name, in decimal.
 *
 * @param name the name that an answer gives
 * @param key the key that was asked
 * @throws KeywrightError `invalid-response` for what is no version's name, `key-mismatch` for another key's
 */
export function versionOf(name: unknown, key: string): string {
  const [, owner, version] = versionNameGrammar.exec(String(name)) ?? []
  if (owner === key && version !== undefined) return version
  const code = version === undefined ? 'invalid-response' : 'key-mismatch'
  throw new KeywrightError(code, 'the answer does not name a version of the key asked', { field: 'name' })
}
