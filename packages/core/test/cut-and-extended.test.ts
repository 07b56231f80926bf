import { expect, test } from 'vitest'
import { keyring, open, openStream } from '../src/index.ts'
import { drain, patterned } from './body-sources.ts'
import { memoryKek } from './memory-kek.ts'
import { outcomeOf } from './outcome.ts'
import { sealAs, sealPaged } from './three-layouts.ts'

const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
const at = { keys, context: { t: 'a' } }

test('a compact envelope cut at any length is refused', async () => {
  const envelope = (await sealAs('compact', 'hello world', at)) as Uint8Array
  for (let length = 0; length < envelope.length; length++) {
    const code = await outcomeOf(open(envelope.subarray(0, length), at))
    const insideLastChunk = length >= envelope.length - 11
    expect([length, code]).toEqual([length, insideLastChunk ? 'authentication-failed' : 'truncated'])
  }
})

// KW-BOD-10
test('a compact envelope cut at any length is refused as a stream', async () => {
  const envelope = (await sealAs('compact', 'hello world', at)) as Uint8Array
  for (let length = 0; length < envelope.length; length++) {
    const { error } = await drain(openStream(at), [envelope.subarray(0, length)])
    expect([length, await outcomeOf(Promise.reject(error))]).toEqual([
      length,
      length >= envelope.length - 11 ? 'authentication-failed' : 'truncated',
    ])
  }
})

test('a detached header cut at any length is refused', async () => {
  const { header, body } = (await sealAs('detached', 'hello', at)) as { header: Uint8Array; body: Uint8Array }
  for (let length = 0; length < header.length; length++) {
    const code = await outcomeOf(open({ header: header.subarray(0, length), body }, at))
    expect([length, code]).toEqual([length, 'truncated'])
  }
})

test('a paged envelope cut anywhere is refused', async () => {
  const envelope = await sealPaged('hello', at)
  for (let length = 0; length < envelope.length; length += length > 12_200 || length < 200 ? 1 : 53) {
    const code = await outcomeOf(open(envelope.subarray(0, length), at))
    expect([length, ['truncated', 'authentication-failed'].includes(code)]).toEqual([length, true])
  }
})

for (const layout of ['compact', 'detached', 'paged'] as const) {
  test(`bytes after a ${layout} envelope are refused`, async () => {
    const envelope = await sealAs(layout, 'hello', at)
    for (let extra = 1; extra <= 32; extra++) {
      for (const filler of [0, 0x89]) {
        const longer = (bytes: Uint8Array): Uint8Array =>
          Buffer.concat([bytes, new Uint8Array(extra).fill(filler)])
        const altered =
          envelope instanceof Uint8Array
            ? longer(envelope)
            : { header: envelope.header, body: longer(envelope.body) }
        expect([extra, await outcomeOf(open(altered, at))]).toEqual([extra, 'authentication-failed'])
      }
    }
  })
}

test('bytes after a detached header are refused', async () => {
  const { header, body } = (await sealAs('detached', 'hello', at)) as { header: Uint8Array; body: Uint8Array }
  for (let extra = 1; extra <= 32; extra++) {
    const altered = { header: Buffer.concat([header, patterned(extra)]), body }
    expect(await outcomeOf(open(altered, at))).toBe('malformed-envelope')
  }
})

test('bytes after a compact header that is given apart from its body are refused', async () => {
  const envelope = (await sealAs('compact', 'hello', at)) as Uint8Array
  const detached = { header: envelope, body: envelope.subarray(-77) }
  expect(await outcomeOf(open(detached, at))).toBe('malformed-envelope')
})

test('every order of the four chunks of a body but the right one is refused', async () => {
  const envelope = (await sealAs('compact', 'x'.repeat(3 * 16_384 + 9), at)) as Uint8Array
  const chunksAt = envelope.length - (3 * 16_400 + 25)
  const sizes = [16_400, 16_400, 16_400, 25]
  const chunks = sizes.map((size, index) => envelope.subarray(chunksAt + index * 16_400).subarray(0, size))
  let refused = 0
  for (const order of permutations([0, 1, 2, 3])) {
    const moved = order.map((index) => chunks[index] ?? new Uint8Array(0))
    const code = await outcomeOf(open(Buffer.concat([envelope.subarray(0, chunksAt), ...moved]), at))
    expect([order, code]).toEqual([order, order.join('') === '0123' ? 'ok' : 'authentication-failed'])
    if (code !== 'ok') refused++
  }
  expect(refused).toBe(23)
})

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  )
}
