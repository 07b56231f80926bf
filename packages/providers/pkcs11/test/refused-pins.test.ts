import { expect, test } from 'vitest'
import { mostRefusals } from '../src/other-threads.ts'
import { RefusedPins } from '../src/refused-pins.ts'

const newMemory = (): SharedArrayBuffer => new SharedArrayBuffer(8 + 32 + 32 * mostRefusals)

test('what one thread saw refused, another one knows, and the memory holds nothing of the PIN', () => {
  const memory = newMemory()
  const [here, there] = [new RefusedPins(memory), new RefusedPins(memory)]
  here.add(here.digest('token 1234'))
  expect(there.digest('token 1234').equals(here.digest('token 1234'))).toBe(true)
  expect(there.digest('token 1234').equals(new RefusedPins(newMemory()).digest('token 1234'))).toBe(false)
  expect(there.has(there.digest('token 1234'))).toBe(true)
  expect(there.has(there.digest('token 1235'))).toBe(false)
  expect(Buffer.from(memory).includes('1234')).toBe(false)
})

test('more refusals than there is room for are remembered by the thread that saw them', () => {
  const pins = new RefusedPins(newMemory())
  const digests = Array.from({ length: mostRefusals + 2 }, (_, index) => pins.digest(`pin ${index}`))
  for (const digest of digests) pins.add(digest)
  expect(digests.every((digest) => pins.has(digest))).toBe(true)
})

test('log-ins wait for each other, also after one that failed', async () => {
  const memory = newMemory()
  const order: string[] = []
  const during = async (name: string): Promise<void> => {
    await new RefusedPins(memory).oneAtATime(async () => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
      if (name === 'a') throw new Error(name)
    })
  }
  await Promise.allSettled(['a', 'b', 'c'].map(during))
  const names = order.map((each) => each.slice(0, 1))
  expect(order.filter((_, index) => index % 2 === 0).every((each) => each.endsWith('begins'))).toBe(true)
  expect(names.every((name, index) => name === names[index - (index % 2)])).toBe(true)
  expect(order).toHaveLength(6)
})

test('a thread that ended in its log-in keeps nobody out for ever', async () => {
  const memory = newMemory()
  Atomics.store(new Int32Array(memory), 0, 1)
  const pins = new RefusedPins(memory)
  expect(await pins.oneAtATime(async () => 'in', 10)).toBe('in')
  expect(await pins.oneAtATime(async () => 'in again', 0)).toBe('in again')
  expect(Atomics.load(new Int32Array(memory), 0)).toBe(0)
})
