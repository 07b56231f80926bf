import { expect, test } from 'vitest'
import { formatKeyUri, parseKeyUri, provider } from '../src/index.ts'
import { codeOf, errorOf } from './outcome.ts'

const accepted: readonly (readonly [uri: string, scheme: string, reference: string])[] = [
  ['local://default', 'local', 'default'],
  [
    'aws-kms://arn:aws:kms:eu-west-1:111122223333:key/1234-ab',
    'aws-kms',
    'arn:aws:kms:eu-west-1:111122223333:key/1234-ab',
  ],
  ['aws-kms://alias/orders', 'aws-kms', 'alias/orders'],
  [
    'gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k',
    'gcp-kms',
    'projects/p/locations/l/keyRings/r/cryptoKeys/k',
  ],
  ['azure-key-vault://vault.example/keys/name', 'azure-key-vault', 'vault.example/keys/name'],
  [
    'vault-transit://host:8200/ns/team/transit/keys/orders',
    'vault-transit',
    'host:8200/ns/team/transit/keys/orders',
  ],
  ['pkcs11:token=main;object=kek?module-name=softhsm', 'pkcs11', 'token=main;object=kek?module-name=softhsm'],
  [`local://${'k'.repeat(2048)}`, 'local', 'k'.repeat(2048)],
]

for (const [uri, scheme, reference] of accepted) {
  // KW-TAB-11
  test(`${uri.slice(0, 60)} is parsed and written back`, () => {
    expect(parseKeyUri(uri)).toEqual({ scheme, reference, uri })
    expect(formatKeyUri(scheme, reference)).toBe(uri)
  })
}

const refused: readonly string[] = [
  '',
  'local',
  ':',
  '://x',
  'local:',
  'local://',
  'local:name',
  'local:/name',
  'Local://name',
  '1local://name',
  '-local://name',
  'lo cal://name',
  'lo_cal://name',
  'local://na me',
  'local://na\nme',
  'local://na\tme',
  'local://na\u0000me',
  'local://na"me',
  'local://na\\me',
  'local://<name>',
  'local://näme',
  'local://\uD800',
  `local://${'k'.repeat(2049)}`,
  `${'a'.repeat(64)}://name`,
  'pkcs11:',
]

for (const uri of refused) {
  test(`${JSON.stringify(uri.slice(0, 60))} is no key URI`, async () => {
    const error = await errorOf(() => parseKeyUri(uri))
    expect([error.code, error.details.field]).toEqual(['configuration', 'key'])
  })
}

const named = provider<string>({
  scheme: 'named',
  parseUri: ({ reference }) => reference,
  describeOptions: (options) => options,
  connect: async () => {
    throw new Error('never connected here')
  },
  classify: () => ({ code: 'unknown' }),
})

test('a provider makes a KEK from a URI of its scheme', () => {
  expect(named.fromUri('named://one').uri).toBe('named://one')
  expect([named.scheme, named('two').uri]).toEqual(['named', 'named://two'])
})

test('a provider refuses a URI of another scheme', async () => {
  expect(await codeOf(() => named.fromUri('other://one'))).toBe('configuration')
})
