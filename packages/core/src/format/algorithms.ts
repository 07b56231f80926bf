interface Algorithm {
  readonly scheme: string
  readonly wrapAuthenticity: 'kek-holder' | 'public-key'
}

function of(scheme: string, wrapAuthenticity: Algorithm['wrapAuthenticity'] = 'kek-holder'): Algorithm {
  return { scheme, wrapAuthenticity }
}

/** The registry of algorithm tags (section 20.1 of the specification), as far as a header alone can be judged by it. */
const registry: ReadonlyMap<string, Algorithm> = new Map([
  ['local.xaes-256-gcm', of('local')],
  ['aws-kms.map', of('aws-kms')],
  ['aws-kms.digest', of('aws-kms')],
  ['gcp-kms.aad', of('gcp-kms')],
  ['vault.aad', of('vault-transit')],
  ['vault.derived', of('vault-transit')],
  ['azure.rsa-oaep-256', of('azure-key-vault', 'public-key')],
  ['azure.a256kw', of('azure-key-vault')],
  ['azure.a256gcm', of('azure-key-vault')],
  ['pkcs11.aes-gcm', of('pkcs11')],
  ['pkcs11.aes-kwp', of('pkcs11')],
  ['pkcs11.rsa-oaep-256', of('pkcs11', 'public-key')],
])

/**
 * Who could have made a slot, by its algorithm: holders of the permission to wrap, or anyone with the public key.
 *
 * @returns `unknown` for a tag that this version does not know, or that is of another scheme (KW-REG-2)
 */
export function wrapAuthenticityOf(slot: {
  readonly scheme: string
  readonly algorithm: string
}): 'kek-holder' | 'public-key' | 'unknown' {
  const found = registry.get(slot.algorithm)
  return found?.scheme === slot.scheme ? found.wrapAuthenticity : 'unknown'
}
