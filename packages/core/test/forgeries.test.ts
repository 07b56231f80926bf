import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable } from '../src/format/key-table.ts'
import { keyring, open, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'
import { publicKeyKek, rsaKeyPair } from './public-key-kek.ts'
import { textOf } from './three-layouts.ts'

const pair = rsaKeyPair()
const owner = publicKeyKek('box', pair.publicKey, pair.privateKey)
const context = { tenant: 'a' }

/** What somebody makes who knows the public key and nothing else. */
async function forged(): Promise<Uint8Array> {
  return seal('forged', { keys: keyring({ seal: [publicKeyKek('box', pair.publicKey)] }), context })
}

// KW-REG-3
test('an envelope forged with a public key is refused by a keyring that mixes it with other keys', async () => {
  const control = memoryControl()
  const keys = keyring({ seal: [memoryKek({ name: 'one', control })], open: [owner] })
  expect(await codeOf(open(await forged(), { keys, context }))).toBe('policy-mismatch')
  expect(control.calls.unwrapKey).toBe(0)
})

test('an envelope forged with a public key opens where such wraps are accepted by name', async () => {
  // Nothing can tell it from a real one: whoever accepts public-key wraps takes envelopes from everybody.
  const keys = keyring({ seal: [memoryKek({ name: 'one' })], open: [owner], acceptPublicKeyWrap: true })
  expect(textOf(await open(await forged(), { keys, context }))).toBe('forged')
})

test('a keyring of public-key wraps alone opens without a further option', async () => {
  expect(textOf(await open(await forged(), { keys: keyring({ open: [owner] }), context }))).toBe('forged')
})

test('a slot made with a public key cannot be put beside the slots of an envelope that exists', async () => {
  const one = memoryKek({ name: 'one' })
  const real = decodeHeader(await seal('real', { keys: keyring({ seal: [one] }), context })).header
  const fake = decodeHeader(await forged()).header
  const slots = [...(real.keyTable.groups[0]?.slots ?? []), ...(fake.keyTable.groups[0]?.slots ?? [])]
  const table = { threshold: 1, groups: [{ index: 0, shareCheck: new Uint8Array(0), slots }] }
  const header = encodeHeader({ ...real, layout: 'detached' }, encodeKeyTable(table))
  const keys = keyring({ open: [owner] })
  expect(await codeOf(open({ header, body: new Uint8Array(77) }, { keys, context }))).toBe(
    'authentication-failed',
  )
})

test('one group where the reader asks for two is refused, without a call', async () => {
  const controls = [memoryControl(), memoryControl(), memoryControl()]
  const keks = controls.map((control, at) => memoryKek({ name: `k${at}`, control }))
  const [first] = keks
  const forgery = await seal('forged', {
    keys: keyring({ seal: first === undefined ? [] : [first] }),
    context,
  })
  const keys = keyring({ groups: keks.map((kek) => [kek]), threshold: 2 })
  expect(await codeOf(open(forgery, { keys, context }))).toBe('policy-mismatch')
  expect(controls.map(({ calls }) => calls.unwrapKey)).toEqual([0, 0, 0])
})

test('a smallest threshold above what seals is a policy of its own', async () => {
  const kek = memoryKek({ name: 'one' })
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  expect(await codeOf(open(sealed, { keys: keyring({ open: [kek], minThreshold: 2 }) }))).toBe(
    'policy-mismatch',
  )
})
