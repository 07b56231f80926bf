import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { keyManagerWords } from '../src/advice/key-manager-words.ts'

const readmeOf = (scheme: string): URL =>
  new URL(`../../../packages/providers/${scheme}/README.md`, import.meta.url)

// The policies of a provider's README list what its server was asked, which a test of it compares: the words here name
// no right that is not among them.
const names: Readonly<Record<string, RegExp>> = {
  'aws-kms': /kms:\w+/g,
  'gcp-kms': /cloudkms\.[\w.]+/g,
  'azure-key-vault': /keys\/\w+(?:\/action)?/g,
  'vault-transit': /(?<=MOUNT\/)[\w/]+(?=\/NAME)/g,
  pkcs11: /CKA_\w+/g,
}

test.each(Object.entries(names))(
  'every right of %s that is named stands in its README',
  (scheme, pattern) => {
    expect(existsSync(readmeOf(scheme))).toBe(true)
    const readme = readFileSync(readmeOf(scheme), 'utf8')
    const rights = Object.values(keyManagerWords.get(scheme)?.rights ?? {}).flatMap(
      (text) => text.match(pattern) ?? [],
    )
    expect(rights.length).toBeGreaterThan(0)
    expect([...new Set(rights)].filter((right) => !readme.includes(right))).toEqual([])
  },
)

test('describing a key of GCP asks for no right without which it is described all the same', () => {
  const { rights, nameRight } = keyManagerWords.get('gcp-kms') ?? {}
  expect(nameRight?.(rights?.describeKey ?? '', 'KEY')).toBe('cloudkms.cryptoKeys.get on KEY')
})
