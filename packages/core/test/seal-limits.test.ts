import { expect, test } from 'vitest'
import { keyring, seal, sealStream } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'

const long = 'x'.repeat(100_000)

// KW-SEA-1
test('what is over a limit, or no context, is refused before a key manager is asked', async () => {
  const control = memoryControl()
  const keys = keyring({ seal: [memoryKek({ name: 'one', control })] })
  expect(await codeOf(seal('x', { keys, context: { tenant: long } }))).toBe('limit-exceeded')
  expect(await codeOf(seal('x', { keys, associatedData: long }))).toBe('limit-exceeded')
  expect(await codeOf(seal('x', { keys, context: { '': 'a' } }))).toBe('invalid-argument')
  expect(control.calls.wrapKey).toBe(0)
})

// KW-SEA-1, KW-LIM-2
test('a stream whose context or key table is over a limit gives no byte', async () => {
  const names = Array.from({ length: 32 }, (_, at) => `${at}`.padStart(2048, 'k'))
  const large = keyring({ seal: names.map((name) => memoryKek({ name })) })
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  for (const options of [{ keys, context: { tenant: long } }, { keys: large }]) {
    const reading = (): Promise<unknown> =>
      new Blob(['x']).stream().pipeThrough(sealStream(options)).getReader().read()
    expect(await codeOf(reading)).toBe('limit-exceeded')
  }
})
