import { KeywrightError } from '@keywright/core'
import { describe, expect, test } from 'vitest'
import { pkcs11 } from '../src/index.ts'
import { formatTokenPath, isSameKey, keyOnSameToken, parseTokenUri } from '../src/token-uri.ts'

const refusedWith = (reference: string): string => {
  try {
    parseTokenUri({ reference })
  } catch (error) {
    if (error instanceof KeywrightError) return error.code
  }
  return 'accepted'
}

test('a URI of RFC 7512 names token, key, version, module and where the PIN is', () => {
  const reference =
    'token=The%20Token;serial=0a1b;manufacturer=Acme;model=HSM%201;object=orders;id=%00%fF;type=secret-key' +
    '?module-path=/usr/lib/p11.so&pin-source=file:/run/secrets/pin'
  expect(parseTokenUri({ reference })).toEqual({
    token: 'The Token',
    serial: '0a1b',
    manufacturer: 'Acme',
    model: 'HSM 1',
    key: 'orders',
    id: '00ff',
    type: 'secret-key',
    modulePath: '/usr/lib/p11.so',
    pinSource: 'file:/run/secrets/pin',
  })
})

test('the canonical path reads back as the same name', () => {
  const name = { token: "Nós' token;=&?", serial: '7', key: 'a/b%', type: 'private' } as const
  const path = formatTokenPath(name)
  expect(path).toBe('token=N%C3%B3s%27%20token%3B%3D%26%3F;serial=7;object=a%2Fb%25;type=private')
  expect(parseTokenUri({ reference: path })).toEqual(name)
})

describe('what is not of the grammar is refused', () => {
  test.each([
    ['no key', 'token=a'],
    ['nothing', ''],
    ['an empty key', 'object='],
    ['an attribute twice', 'object=a;object=a'],
    ['an attribute without value', 'object=a;token'],
    ['an attribute nobody knows', 'object=a;slot-id=3'],
    ['an attribute in capitals', 'object=a;TOKEN=b'],
    ['an empty attribute', 'object=a;;token=b'],
    ['a trailing separator', 'object=a;'],
    ['a cut percent sign', 'object=a%2'],
    ['a percent sign without digits', 'object=%zz'],
    ['text that is no UTF-8', 'object=%ff'],
    ['an overlong encoding', 'object=%c0%af'],
    ['a control character', 'object=a%00b'],
    ['a raw slash in the path', 'object=a/b'],
    ['another type', 'object=a;type=cert'],
    ['an empty id', 'object=a;id='],
    ['an id of 65 bytes', `object=a;id=${'%01'.repeat(65)}`],
    ['a label that no token can have', `token=${'a'.repeat(33)};object=a`],
    ['a query attribute nobody knows', 'object=a?module-name=softhsm2'],
    ['a query attribute twice', 'object=a?module-path=/a&module-path=/b'],
  ])('%s', (_, reference) => {
    expect(refusedWith(reference)).toBe('configuration')
  })
})

test('a PIN in a URI is refused, and not repeated', () => {
  const uri = 'pkcs11:token=a;object=b?pin-value=geheim-4711'
  let shown = ''
  try {
    pkcs11.fromUri(uri)
  } catch (error) {
    shown = `${String(error)} ${JSON.stringify(error)}`
  }
  expect(shown).toContain('configuration')
  expect(shown).not.toContain('4711')
})

test('a KEK from a URI carries neither module nor PIN source in its own', () => {
  const kek = pkcs11.fromUri('pkcs11:object=b;token=a?module-path=/p11.so&pin-source=file:/run/pin')
  expect(kek.uri).toBe('pkcs11:token=a;object=b;type=secret-key')
})

describe('a reference from a header names a key, and chooses nothing else', () => {
  const name = { token: 'a', serial: '1', key: 'b', type: 'secret-key' } as const
  test.each([
    ['the same key', 'token=a;serial=1;object=b;type=secret-key', true],
    ['without the serial', 'token=a;object=b;type=secret-key', true],
    ['in another spelling', 'object=%62;token=a', true],
    ['another serial', 'token=a;serial=2;object=b', false],
    ['another token', 'token=c;object=b', false],
    ['another key', 'token=a;object=c', false],
    ['another type', 'token=a;object=b;type=private', false],
    ['with a version', 'token=a;object=b;id=%01', false],
    ['with a module', 'token=a;object=b?module-path=/evil.so', false],
    ['no reference', '\0', false],
  ])('%s', (_, reference, same) => {
    expect(isSameKey(reference, name)).toBe(same)
  })

  test('a key of another token is not one to rewrap from', () => {
    expect(keyOnSameToken('token=c;object=x', name)).toBeUndefined()
    expect(keyOnSameToken('token=a;object=x', name)).toEqual({ key: 'x', type: 'secret-key' })
  })
})

test.each([
  ['sessions', { sessions: 0 }],
  ['currentMaxAgeMs', { currentMaxAgeMs: Number.NaN }],
  ['closeWithinMs', { closeWithinMs: -1 }],
  ['algorithm', { algorithm: 'rsa-oaep-256' }],
  ['id', { id: 'XY' }],
  ['key', { key: '' }],
] as const)('an option outside its range is refused by name: %s', (field, wrong) => {
  expect(() => pkcs11({ key: 'k', ...wrong })).toThrowError(
    expect.objectContaining({ code: 'configuration', details: expect.objectContaining({ field }) }),
  )
})
