import { expect, test } from 'vitest'
import { type Keyring, keyring, open, seal, verifyHeader } from '../src/index.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'

const material = new Uint8Array(32).fill(6)

interface Slow {
  readonly keys: Keyring
  readonly closed: () => number
  readonly letThrough: () => void
}

function slowKeyring(cached: boolean): Slow {
  const control: MemoryKekControl = memoryControl()
  let closed = 0
  const gate = Promise.withResolvers<void>()
  control.alter = (driver) => ({ ...driver, close: async () => void closed++ })
  control.before = async (operation) => {
    if (operation === 'connect') return
    await gate.promise
    if (closed > 0) throw new Error('the client is gone')
  }
  const kek = memoryKek({ name: 'one', control, material })
  return {
    keys: keyring({ seal: [kek], ...(cached && { cache: {} }) }),
    closed: () => closed,
    letThrough: gate.resolve,
  }
}

for (const cached of [false, true]) {
  const kind = cached ? 'with a cache' : 'without a cache'
  test(`closing a keyring ${kind} lets calls under way finish, and refuses later ones`, async () => {
    const sealed = await seal('x', { keys: keyring({ seal: [memoryKek({ name: 'one', material })] }) })
    const { keys, closed, letThrough } = slowKeyring(cached)
    const underWay = [
      ...Array.from({ length: 5 }, () => seal('x', { keys })),
      seal('x', { keys, context: { tenant: 'a' } }),
      open(sealed, { keys }),
      verifyHeader(sealed, { keys }),
    ].map(outcomeOf)
    const closing = keys.close()
    expect(await codeOf(seal('x', { keys }))).toBe('configuration')
    expect(await codeOf(open(sealed, { keys }))).toBe('configuration')
    expect(closed()).toBe(0)
    letThrough()
    expect(await Promise.all(underWay)).toEqual(underWay.map(() => 'ok'))
    await closing
    expect(closed()).toBe(1)
  })
}

test('a KEK that fails to close does not keep the others from it', async () => {
  const failing = memoryKek({
    name: 'two',
    control: {
      ...memoryControl(),
      alter: (driver) => ({
        ...driver,
        close: async () => {
          throw new Error('no')
        },
      }),
    },
  })
  let closed = 0
  const control = memoryControl()
  control.alter = (driver) => ({ ...driver, close: async () => void closed++ })
  const keys = keyring({ seal: [failing, memoryKek({ name: 'three', control })] })
  await seal('x', { keys })
  expect(await codeOf(keys.close())).toBe('unwrap-failed')
  expect(closed).toBe(1)
})
