import { expect, test } from 'vitest'
import { type Lease, SessionPool } from '../src/session-pool.ts'

interface Opened {
  readonly pool: SessionPool
  readonly opened: Uint8Array[]
  readonly closed: Uint8Array[]
}

function poolOf(size: number): Opened {
  const opened: Uint8Array[] = []
  const closed: Uint8Array[] = []
  const open = async (): Promise<Uint8Array> => {
    const session = Uint8Array.of(opened.length)
    opened.push(session)
    return session
  }
  const close = async (session: Uint8Array): Promise<void> => void closed.push(session)
  return { pool: new SessionPool(size, { open, close }), opened, closed }
}

const leased = async (lease: Lease): Promise<Lease> => lease

test('a session is used again, and not after an error', async () => {
  const { pool, opened, closed } = poolOf(1)
  const { session } = await pool.use(leased)
  expect((await pool.use(leased)).session).toBe(session)
  await expect(pool.use(() => Promise.reject(new TypeError()))).rejects.toThrow(TypeError)
  expect(closed).toEqual([session])
  expect((await pool.use(leased)).session).not.toBe(session)
  expect(opened.length).toBe(2)
})

test('a session that was at work while others were renewed is closed after it, not given out again', async () => {
  const { pool, closed } = poolOf(2)
  const { promise, resolve } = Promise.withResolvers<void>()
  const atWork = pool.use(async (lease) => {
    await promise
    return lease
  })
  await pool.renew(async () => {})
  expect(closed).toEqual([])
  resolve()
  const { session, epoch } = await atWork
  expect(closed).toEqual([session])
  const next = await pool.use(leased)
  expect(next.session).not.toBe(session)
  expect(next.epoch).toBe(epoch + 1)
})

test('nothing begins while sessions are renewed, and what was at work can be waited for', async () => {
  const { pool } = poolOf(2)
  const events: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const atWork = pool.use(async () => {
    await promise
    events.push('worked')
  })
  const renewed = pool.renew(async () => {
    resolve()
    expect(await pool.quiet('at-work', 60_000)).toBe(true)
    events.push('renewed')
  })
  const begun = pool.use(async () => void events.push('begun'))
  await Promise.all([atWork, renewed, begun])
  expect(events).toEqual(['worked', 'renewed', 'begun'])
})

test('a renewal that fails lets others go on', async () => {
  const { pool } = poolOf(1)
  const renewed = pool.renew(() => Promise.reject(new RangeError()))
  const begun = pool.use(leased)
  await expect(renewed).rejects.toThrow(RangeError)
  expect((await begun).epoch).toBe(1)
})

test('a call that never comes back is waited for so long and no longer', async () => {
  const { pool } = poolOf(1)
  const { promise, resolve } = Promise.withResolvers<void>()
  const hanging = pool.use(() => promise)
  expect(await pool.quiet('all', 1)).toBe(false)
  resolve()
  await hanging
  expect(await pool.quiet('all', 60_000)).toBe(true)
})
