import { keyContext } from '@keywright/conformance'
import { keyring, open, rewrap, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { algorithms, encryptionContext } from '../src/encryption-context.ts'
import { codeOf, context, runningKms, slotOf } from './running-kms.ts'

// KW-BIND-3
test('bound as a map, the pairs and the constant pair reach KMS and nothing else', () => {
  expect(encryptionContext(keyContext({ tenant: 'a', table: 't' }), algorithms.map)).toEqual({
    tenant: 'a',
    table: 't',
    'keywright:v1': 'dek',
  })
})

// KW-BIND-3
test('bound as a digest, the constant pair and the unpadded digest reach KMS, and no value', () => {
  const bound = { ...context, role: 'share' } as const
  expect(encryptionContext(bound, algorithms.digest)).toEqual({
    'keywright:v1': 'share',
    'keywright:context': Buffer.from(context.digest).toString('base64url'),
  })
  expect(Buffer.from(context.digest).toString('base64url')).toHaveLength(43)
})

test.each([
  ['more than 8,192 bytes of names and values', { a: 'ü'.repeat(4096) }],
  ['a name that is ours', { 'keywright:v1': 'dek' }],
  ['a name that is ours, in capitals', { 'KeyWright:anything': '' }],
])('a context that KMS would not bind as it is, is refused before a call: %s', async (_, pairs) => {
  const { newKey, kek, calls } = await runningKms()
  const [key, before] = [await newKey(), calls.count()]
  const bound = { ...context, pairs }
  expect(await codeOf(slotOf(kek({ key }), bound))).toBe('invalid-argument')
  expect(calls.count()).toBe(before)
  expect(await codeOf(slotOf(kek({ key, context: 'digest' }), bound))).toBe('ok')
})

test('a digest keeps withheld values out of KMS, which a map needs an explicit consent for', async () => {
  const { newKey, kek } = await runningKms()
  const key = await newKey()
  const sealing = (by: 'map' | 'digest'): Promise<string> =>
    codeOf(
      seal('x', {
        keys: keyring({ seal: [kek({ key, context: by })] }),
        context: { tenant: 'a' },
        withhold: ['tenant'],
      }),
    )
  expect([await sealing('digest'), await sealing('map')]).toEqual(['ok', 'configuration'])
})

test('who binds the map also opens digests; who binds the digest opens no map, which would show the values', async () => {
  const { newKey, kek } = await runningKms()
  const key = await newKey()
  const [map, digest] = [kek({ key }), kek({ key, context: 'digest' })]
  const at = { context: { tenant: 'a' } }
  const [ofMap, ofDigest] = [
    await seal('x', { keys: keyring({ seal: [map] }), ...at }),
    await seal('x', { keys: keyring({ seal: [digest] }), ...at }),
  ]
  expect(await codeOf(open(ofDigest, { keys: keyring({ open: [map] }), ...at }))).toBe('ok')
  expect(await codeOf(open(ofMap, { keys: keyring({ open: [digest] }), ...at }))).toBe('no-matching-key')
})

test('a rewrap moves a slot from the map to the digest, also inside KMS', async () => {
  const { newKey, kek, calls } = await runningKms()
  const [old, next] = [await newKey(), await newKey()]
  const [from, to] = [kek({ key: old }), kek({ key: next, context: 'digest' })]
  const at = { context: { tenant: 'a' } }
  const sealed = await seal('x', { keys: keyring({ seal: [from] }), ...at })
  for (const wrapOnly of [false, true]) {
    const { envelope = new Uint8Array(0), receipt } = await rewrap(sealed, { from, to, wrapOnly })
    expect(receipt.added.map(({ algorithm }) => algorithm)).toEqual(['aws-kms.digest'])
    expect(await codeOf(open(envelope, { keys: keyring({ open: [to] }), ...at }))).toBe('ok')
  }
  expect(calls.count('ReEncrypt')).toBe(1)
})
