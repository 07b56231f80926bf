import { expect, test } from 'vitest'
import { decodeHeader } from '../src/format/header.ts'
import { keyring, open, rewrap, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { errorOf, outcomeOf } from './outcome.ts'
import { publicKeyKek, rsaKeyPair } from './public-key-kek.ts'

// KW-REW-6
test('a new KEK for a DEK that other envelopes share needs consent, before any call', async () => {
  const control = memoryControl()
  const [from, to] = [memoryKek({ name: 'old', control }), memoryKek({ name: 'new' })]
  const sealed = await seal('x', { keys: keyring({ seal: [from], cache: {} }) })
  const error = await errorOf(rewrap(sealed, { from, to }))
  expect([error.code, error.details.field, control.calls.unwrapKey]).toEqual([
    'policy-mismatch',
    'allowSharedDek',
    0,
  ])
  const { receipt } = await rewrap(sealed, { from, to, allowSharedDek: true })
  expect([receipt.outcome, receipt.dekUse]).toEqual(['verified', 'shared'])
})

test('taking a KEK away from a shared DEK needs no consent', async () => {
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new' })]
  const sealed = await seal('x', { keys: keyring({ seal: [from, to], cache: {} }) })
  expect(await outcomeOf(rewrap(sealed, { from, to }))).toBe('ok')
  expect(await outcomeOf(rewrap(sealed, { from, to, step: 'remove' }))).toBe('ok')
})

test('a slot that anyone could have made becomes a trusted one only with consent', async () => {
  const pair = rsaKeyPair()
  const from = publicKeyKek('box', pair.publicKey, pair.privateKey)
  const to = memoryKek({ name: 'new' })
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const error = await errorOf(rewrap(sealed, { from, to }))
  expect([error.code, error.details.field]).toEqual(['policy-mismatch', 'acceptPublicKeyWrap'])
  expect(await outcomeOf(rewrap(sealed, { from, to, acceptPublicKeyWrap: true }))).toBe('ok')
})

// KW-REW-5
test('one group of a k-of-n table is rewrapped alone, and keeps its index and share check', async () => {
  const keks = ['a', 'b', 'c'].map((name) => memoryKek({ name }))
  const [a, b, c] = keks
  if (a === undefined || b === undefined || c === undefined) throw new Error('three keys')
  const to = memoryKek({ name: 'd' })
  const sealed = await seal('x', { keys: keyring({ groups: [[a], [b], [c]], threshold: 2 }) })
  const { envelope = sealed, receipt } = await rewrap(sealed, { from: b, to })
  expect([receipt.outcome, receipt.checked]).toEqual(['verified', 'share-check'])
  const tables = [sealed, envelope].map((bytes) => decodeHeader(bytes).header.keyTable)
  const places = tables.map(({ groups }) => groups.map(({ index, shareCheck }) => [index, shareCheck]))
  expect(places[1]).toEqual(places[0])
  expect(await outcomeOf(open(envelope, { keys: keyring({ open: [a, to], minThreshold: 2 }) }))).toBe('ok')
  expect(await outcomeOf(open(envelope, { keys: keyring({ open: [a, b], minThreshold: 2 }) }))).toBe(
    'no-matching-key',
  )
  const error = await errorOf(rewrap(sealed, { from: [a, b], to }))
  expect([error.code, error.details.field]).toEqual(['invalid-argument', 'from'])
})

// KW-CON-3
test('a concealed slot is rewrapped to a concealed slot with a reference of its own', async () => {
  const concealKey = new Uint8Array(32).fill(5)
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new' })]
  const sealed = await seal('x', { keys: keyring({ seal: [from], concealKey }) })
  const { envelope = sealed, receipt } = await rewrap(sealed, { from, to, concealKey })
  expect(decodeHeader(envelope).header.keyTable.groups[0]?.slots.map(({ kind }) => kind)).toEqual([1])
  expect(receipt.dropped.map(({ key }) => key)).toEqual(['memory://old'])
  expect(await outcomeOf(open(envelope, { keys: keyring({ open: [to], concealKey }) }))).toBe('ok')
})
