import { expect, test } from 'vitest'
import { type Kek, keyring, open, rewrap, seal, verifyHeader } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { textOf } from './three-layouts.ts'

const zeros = new Uint8Array(32)

interface Watched {
  readonly kek: Kek
  /** The very bytes that it gave out as unwrapped keys. */
  readonly given: Uint8Array[]
}

/** A KEK whose answers to unwraps stay in view; `change` spoils one before it is given. */
function watched(name: string, change: (dataKey: Uint8Array) => void = () => {}): Watched {
  const inner = memoryKek({ name })
  const given: Uint8Array[] = []
  const unwrapKey: Kek['unwrapKey'] = async (request) => {
    const answer = await inner.unwrapKey(request)
    change(answer.dataKey)
    given.push(answer.dataKey)
    return answer
  }
  return { kek: { ...inner, unwrapKey }, given }
}

function spoil(dataKey: Uint8Array): void {
  dataKey[0] = (dataKey[0] ?? 0) ^ 1
}

test('the data key that a KEK gives to an open is zero-filled once it is open', async () => {
  const { kek, given } = watched('one')
  const keys = keyring({ seal: [kek] })
  expect(textOf(await open(await seal('x', { keys }), { keys }))).toBe('x')
  expect(given).toEqual([zeros])
})

test('so are the shares of an open by 2 of 3', async () => {
  const all = [watched('one'), watched('two'), watched('three')]
  const keys = keyring({ groups: all.map(({ kek }) => [kek]), threshold: 2 })
  expect(textOf(await open(await seal('x', { keys }), { keys }))).toBe('x')
  expect(all.flatMap(({ given }) => given)).toEqual([zeros, zeros])
})

test('a share is zero-filled where the others that it needs are refused', async () => {
  const all = [watched('one'), watched('two', spoil), watched('three', spoil)]
  const keys = keyring({ groups: all.map(({ kek }) => [kek]), threshold: 2 })
  expect(await codeOf(open(await seal('x', { keys }), { keys }))).toBe('authentication-failed')
  expect(all.flatMap(({ given }) => given)).toEqual([zeros, zeros, zeros])
})

test('a key that is not the one of its envelope is zero-filled', async () => {
  const { kek, given } = watched('one', spoil)
  const keys = keyring({ seal: [kek] })
  expect(await codeOf(open(await seal('x', { keys }), { keys }))).toBe('authentication-failed')
  expect(given).toEqual([zeros])
})

test('a verification of every slot leaves none of their keys', async () => {
  const all = [watched('one'), watched('two')]
  const keys = keyring({ seal: all.map(({ kek }) => kek) })
  await verifyHeader(await seal('x', { keys }), { keys })
  const given = all.flatMap(({ given }) => given)
  expect(given.length).toBeGreaterThanOrEqual(2)
  expect(given.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true)
})

test('a rewrap leaves neither the key of the old slot nor what the new one gives back', async () => {
  const [old, next] = [watched('old'), watched('next')]
  const sealed = await seal('x', { keys: keyring({ seal: [old.kek] }) })
  await rewrap(sealed, { from: old.kek, to: next.kek })
  expect([old.given, next.given]).toEqual([[zeros], [zeros]])
})

test('a removal leaves no key of those that it verified, whether all of them open or not', async () => {
  for (const change of [undefined, spoil]) {
    const [old, one, two] = [watched('old'), watched('one'), watched('two', change)]
    const keks = [old, one, two].map(({ kek }) => kek)
    const sealed = await seal('x', { keys: keyring({ seal: keks }) })
    const removed = rewrap(sealed, { from: old.kek, to: [one.kek, two.kek], step: 'remove' })
    expect(await outcomeOf(removed)).toBe(change === undefined ? 'ok' : 'authentication-failed')
    expect([one.given, two.given]).toEqual([[zeros], [zeros]])
  }
})
