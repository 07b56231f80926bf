import { expect, test } from 'vitest'
import { keyring, openRange, type RangeSource, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'
import { sealPaged, textOf } from './three-layouts.ts'

const material = new Uint8Array(32).fill(3)
const control = memoryControl()
const keys = keyring({ seal: [memoryKek({ name: 'one', control })], cache: {} })

/** An object in a store, which another upload can replace. */
class StoredObject implements RangeSource {
  version = '1'
  bytes: Uint8Array
  /** Runs after each read. */
  after: () => void = () => {}

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get size(): number {
    return this.bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const part = this.bytes.slice(offset, offset + length)
    this.after()
    return part
  }
}

for (const [layout, make] of [
  ['compact', seal],
  ['paged', sealPaged],
] as const) {
  // KW-BOD-11
  test(`a ${layout} object replaced after its header was read is a conflict, though one DEK opens both`, async () => {
    const [before, after] = [await make('before', { keys }), await make('afters', { keys })]
    const object = new StoredObject(before)
    object.after = () => {
      object.bytes = after
      object.version = '2'
      object.after = () => {}
    }
    expect(await codeOf(openRange(object, { keys }))).toBe('conflict')
    const reader = await openRange(object, { keys })
    expect(textOf(await reader.read(0, 6))).toBe('afters')
    reader.close()
  })

  // KW-BOD-11
  test(`a ${layout} object replaced while its key is unwrapped is a conflict`, async () => {
    const fresh = keyring({ open: [memoryKek({ name: 'one', control, material })] })
    const sealing = keyring({ seal: [memoryKek({ name: 'one', material })], cache: {} })
    const [before, after] = [await make('before', { keys: sealing }), await make('afters', { keys: sealing })]
    const object = new StoredObject(before)
    control.before = (operation) => {
      if (operation !== 'unwrapKey') return
      object.bytes = after
      object.version = '2'
    }
    expect(await codeOf(openRange(object, { keys: fresh }))).toBe('conflict')
    delete control.before
  })

  for (const size of [0, 3, 11, 12, 60]) {
    test(`${size} bytes of a ${layout} envelope are truncated`, async () => {
      const bytes = (await make('x'.repeat(9000), { keys })).subarray(0, size)
      const reads = new StoredObject(bytes)
      expect(await codeOf(openRange(reads, { keys }))).toBe('truncated')
    })
  }
}

test('a source whose size is no number of bytes is refused', async () => {
  for (const size of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
    const source = { size, read: async () => new Uint8Array(0) }
    expect(await codeOf(openRange(source, { keys }))).toBe('invalid-argument')
  }
})
