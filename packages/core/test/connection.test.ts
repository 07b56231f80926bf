import { expect, test } from 'vitest'
import { type KekDriver, KeywrightError } from '../src/index.ts'
import { type Connection, connectionOf } from '../src/provider/connection.ts'
import { codeOf } from './outcome.ts'

interface Stage {
  readonly connection: Connection
  readonly signals: AbortSignal[]
  /** Ends the attempts, in the order in which they began. */
  readonly ends: PromiseWithResolvers<KekDriver>[]
  nowMs: number
}

/** A connection whose attempts end when the test says so, at the time that it says. */
function stage(): Stage {
  const signals: AbortSignal[] = []
  const ends: PromiseWithResolvers<KekDriver>[] = []
  const made: Stage = {
    signals,
    ends,
    nowMs: 0,
    connection: connectionOf(
      (signal) => {
        signals.push(signal)
        const end = Promise.withResolvers<KekDriver>()
        ends.push(end)
        return end.promise
      },
      {
        closed: () => new KeywrightError('configuration', 'closed'),
        silent: () => new KeywrightError('timeout', 'silent'),
      },
      () => made.nowMs,
    ),
  }
  return made
}

function driver(keyRef: string, closed: string[] = []): KekDriver {
  const never = (): Promise<never> => Promise.reject(new Error('not called'))
  const close = async (): Promise<void> => {
    closed.push(keyRef)
  }
  return {
    keyRef,
    capabilities: {} as KekDriver['capabilities'],
    wrapKey: never,
    unwrapKey: never,
    describeKey: never,
    close,
  }
}

async function reached(connection: Connection): Promise<string> {
  return (await connection.driver()).keyRef
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

test('callers within two seconds share one attempt', async () => {
  const scene = stage()
  const first = reached(scene.connection)
  scene.nowMs = 1_999
  const second = reached(scene.connection)
  scene.ends[0]?.resolve(driver('one'))
  expect(await Promise.all([first, second])).toEqual(['one', 'one'])
  expect(scene.signals.map(({ aborted }) => aborted)).toEqual([false])
})

test('an attempt that gets no answer does not hold up who comes later', async () => {
  const scene = stage()
  const first = reached(scene.connection)
  scene.nowMs = 2_000
  const second = reached(scene.connection)
  scene.ends[1]?.resolve(driver('two'))
  expect(await Promise.all([first, second])).toEqual(['two', 'two'])
  expect(scene.signals.map(({ aborted }) => aborted)).toEqual([true, false])
  expect((scene.connection.driver() as KekDriver).keyRef).toBe('two')
})

test('an attempt that is only slow serves who began another beside it, and the driver of that is closed', async () => {
  const scene = stage()
  const closed: string[] = []
  const first = reached(scene.connection)
  scene.nowMs = 2_000
  const second = reached(scene.connection)
  scene.ends[0]?.resolve(driver('slow', closed))
  expect(await Promise.all([first, second])).toEqual(['slow', 'slow'])
  expect(scene.signals.map(({ aborted }) => aborted)).toEqual([false, true])
  scene.ends[1]?.resolve(driver('beside', closed))
  await settled()
  expect(closed).toEqual(['beside'])
  expect(await reached(scene.connection)).toBe('slow')
})

test('never more than two attempts: a third gives the oldest up', async () => {
  const scene = stage()
  const first = codeOf(Promise.resolve(scene.connection.driver()))
  scene.nowMs = 2_000
  const second = reached(scene.connection)
  scene.nowMs = 4_000
  const third = reached(scene.connection)
  expect(await first).toBe('timeout')
  expect(scene.signals.map(({ aborted }) => aborted)).toEqual([true, false, false])
  scene.ends[2]?.resolve(driver('three'))
  expect(await Promise.all([second, third])).toEqual(['three', 'three'])
})

test('a driver that comes after its attempt was given up is closed', async () => {
  const scene = stage()
  const closed: string[] = []
  const first = codeOf(Promise.resolve(scene.connection.driver()))
  for (const nowMs of [2_000, 4_000]) {
    scene.nowMs = nowMs
    void reached(scene.connection)
  }
  scene.ends[0]?.resolve(driver('late', closed))
  await settled()
  expect([await first, closed]).toEqual(['timeout', ['late']])
  scene.ends[2]?.resolve(driver('three', closed))
  expect(await reached(scene.connection)).toBe('three')
})

test('one attempt that fails fails its own callers, and the next is a new one', async () => {
  const scene = stage()
  const first = reached(scene.connection)
  scene.nowMs = 2_000
  const second = codeOf(Promise.resolve(scene.connection.driver()))
  scene.ends[1]?.reject(new KeywrightError('access-denied', 'no'))
  expect(await second).toBe('access-denied')
  const third = reached(scene.connection)
  scene.ends[2]?.resolve(driver('three'))
  expect(await Promise.all([first, third])).toEqual(['three', 'three'])
})

test('close gives every attempt up, refuses who waits, and later closes what they make', async () => {
  const scene = stage()
  const closed: string[] = []
  const first = codeOf(Promise.resolve(scene.connection.driver()))
  scene.nowMs = 2_000
  const second = codeOf(Promise.resolve(scene.connection.driver()))
  await scene.connection.close()
  expect(await Promise.all([first, second])).toEqual(['configuration', 'configuration'])
  expect(scene.signals.map(({ aborted }) => aborted)).toEqual([true, true])
  scene.ends[0]?.resolve(driver('one', closed))
  scene.ends[1]?.reject(new Error('ended'))
  await settled()
  expect(closed).toEqual(['one'])
  expect(() => scene.connection.driver()).toThrow(expect.objectContaining({ code: 'configuration' }))
})
