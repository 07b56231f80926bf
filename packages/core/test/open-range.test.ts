import { expect, test } from 'vitest'
import { keyring, open, openRange, seal, sealDetached } from '../src/index.ts'
import { memorySource, patterned } from './body-sources.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'
import { allLayouts, flipBit, sealAs, textOf } from './three-layouts.ts'

const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
const at = { keys, context: { tenant: 'a' }, associatedData: 'row' }

for (const layout of allLayouts) {
  test(`parts of a ${layout} envelope are read without the rest`, async () => {
    const text = 'abcdefghij'.repeat(5000)
    const envelope = await sealAs(layout, text, at)
    const reader =
      envelope instanceof Uint8Array
        ? await openRange(memorySource(envelope), at)
        : await openRange(memorySource(envelope.body), { ...at, header: envelope.header })
    expect(textOf(await reader.read(20_003, 10))).toBe('defghijabc')
    expect(await reader.size()).toBe(50_000)
    reader.close()
  })
}

// KW-BOD-11
test('a size is told only after the final chunk authenticated it', async () => {
  const envelope = await seal(patterned(3 * 16_384 + 100), at)
  const shortened = envelope.subarray(0, envelope.length - 16_400)
  const reader = await openRange(memorySource(shortened), at)
  expect((await reader.read(0, 10)).length).toBe(10)
  expect(await codeOf(reader.size())).toBe('authentication-failed')
  reader.close()
})

// KW-BOD-11
test('fewer bytes than asked are given only after the final chunk authenticated the end', async () => {
  const envelope = await seal(patterned(3 * 16_384 + 100), at)
  const reader = await openRange(memorySource(flipBit(envelope, envelope.length - 1, 0)), at)
  expect((await reader.read(16_384, 100)).length).toBe(100)
  expect(await codeOf(reader.read(100_000, 5))).toBe('authentication-failed')
  reader.close()
})

test('another row, tenant or commitment is refused before anything is read', async () => {
  const envelope = await seal('secret', at)
  const source = memorySource(envelope)
  expect(await codeOf(openRange(source, { ...at, associatedData: 'other' }))).toBe('authentication-failed')
  expect(await codeOf(openRange(source, { ...at, context: { tenant: 'b' } }))).toBe('context-mismatch')
})

test('a detached header is asked for, and a source that ends early is truncated', async () => {
  const { header, body } = await sealDetached('secret', at)
  expect(await codeOf(openRange(memorySource(header), at))).toBe('invalid-argument')
  const envelope = await seal('secret', at)
  for (const length of [0, 3, 11, 40, envelope.length - 60]) {
    expect(await codeOf(openRange(memorySource(envelope.subarray(0, length)), at))).toBe('truncated')
  }
  expect(textOf(await open({ header, body }, at))).toBe('secret')
})

test('a closed reader reads nothing more', async () => {
  const reader = await openRange(memorySource(await seal('secret', at)), at)
  reader.close()
  reader.close()
  expect(await codeOf(reader.read(0, 1))).toBe('invalid-argument')
})

test('a source that answers wrongly is a storage failure', async () => {
  const envelope = await seal('secret', at)
  const source = { size: envelope.length, read: async () => new Uint8Array(envelope.length + 1) }
  expect(await codeOf(openRange(source, at))).toBe('storage-failed')
})
