/** Who could have made a slot, by its algorithm: the registry of the envelope specification, section 20.1. */
const makers: ReadonlyMap<string, 'kek-holder' | 'public-key'> = new Map([
  ['local.xaes-256-gcm', 'kek-holder'],
  ['aws-kms.map', 'kek-holder'],
  ['aws-kms.digest', 'kek-holder'],
  ['gcp-kms.aad', 'kek-holder'],
  ['vault.aad', 'kek-holder'],
  ['vault.derived', 'kek-holder'],
  ['azure.rsa-oaep-256', 'public-key'],
  ['azure.a256kw', 'kek-holder'],
  ['azure.a256gcm', 'kek-holder'],
  ['pkcs11.aes-gcm', 'kek-holder'],
  ['pkcs11.aes-kwp', 'kek-holder'],
  ['pkcs11.rsa-oaep-256', 'public-key'],
])

/**
 * Who could have made a slot: holders of the KEK, or anyone with its public key.
 *
 * @param algorithm of the slot
 * @returns `unknown` for one that is not in the registry of this version
 */
export function wrapAuthenticity(algorithm: string): 'kek-holder' | 'public-key' | 'unknown' {
  return makers.get(algorithm) ?? 'unknown'
}
