import { expect, test } from 'vitest'
import {
  fromText,
  inspect,
  keyring,
  open,
  openRange,
  reseal,
  rewrap,
  seal,
  sealDetached,
  toText,
  verify,
  verifyHeader,
} from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'

const kek = memoryKek({ name: 'one' })
const keys = keyring({ seal: [kek] })

/** What a column without a value, or read as text, hands to a call in JavaScript. */
for (const given of [undefined, null, 'kw1:iUtXRQ', {}, { header: null, body: null }] as unknown[]) {
  test(`${JSON.stringify(given)} in place of an envelope is the caller's mistake, typed as such`, async () => {
    const envelope = given as Uint8Array
    expect(await codeOf(open(envelope, { keys }))).toBe('invalid-argument')
    expect(await codeOf(inspect(envelope))).toBe('invalid-argument')
    expect(await codeOf(verify(envelope, { keys }))).toBe('invalid-argument')
    expect(await codeOf(verifyHeader(envelope, { keys }))).toBe('invalid-argument')
    expect(await codeOf(reseal(envelope, { keys }))).toBe('invalid-argument')
    expect(await codeOf(rewrap(envelope, { from: kek, to: kek }))).toBe('invalid-argument')
    expect(await codeOf(() => toText(envelope))).toBe('invalid-argument')
  })
}

test('a body that is not bytes is refused beside a good header', async () => {
  const { header } = await sealDetached('x', { keys })
  const envelope = { header, body: 'x' as unknown as Uint8Array }
  expect(await codeOf(open(envelope, { keys }))).toBe('invalid-argument')
  expect(await codeOf(rewrap(envelope, { from: kek, to: kek }))).toBe('invalid-argument')
})

test('text that is none is no text form', async () => {
  expect(await codeOf(() => fromText(null as unknown as string))).toBe('malformed-envelope')
})

test('a header that is none is refused before a range is read', async () => {
  const source = { size: 0, read: async () => new Uint8Array(0) }
  const header = 'x' as unknown as Uint8Array
  expect(await codeOf(openRange(source, { keys, header }))).toBe('invalid-argument')
})

test('bytes that change while a reseal or a verification runs do not move to another context', async () => {
  const ours = await seal('ours', { keys, context: { tenant: 'a' } })
  const theirs = await seal('them', { keys, context: { tenant: 'b' } })
  for (const work of [reseal, verify]) {
    const bytes = new Uint8Array(ours)
    const running = codeOf(work(bytes, { keys, ...(work === reseal && { trustStoredContext: true }) }))
    bytes.set(theirs)
    expect(await running).toBe('context-mismatch')
  }
})
