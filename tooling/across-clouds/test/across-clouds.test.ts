import { setImmediate } from 'node:timers/promises'
import { isKeywrightError, keyring, open, seal } from '@keywright/core'
import { health, hedged } from '@keywright/resilience'
import { expect, test } from 'vitest'
import { type SteppedClock, steppedClock } from './stepped-clock.ts'
import { type Cloud, threeClouds } from './three-clouds.ts'

interface Scene {
  readonly clock: SteppedClock
  readonly clouds: readonly [Cloud, Cloud, Cloud]
  readonly counts: () => readonly number[]
}

async function scene(): Promise<Scene> {
  const clock = steppedClock()
  const clouds = await threeClouds({ clock, random: () => 0 })
  // A provider may try on its first call what its server can do.
  for (const { kek } of clouds) {
    const keys = keyring({ seal: [kek] })
    await open(await seal('x', { keys }), { keys })
  }
  return { clock, clouds, counts: () => clouds.map(({ unwraps }) => unwraps()) }
}

function stall({ emulator }: Cloud): void {
  emulator.faults.add({ fault: { kind: 'stall' } })
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('with the nearest cloud stalled, the next one opens after the delay, and each is asked once', async () => {
  const { clock, clouds, counts } = await scene()
  const keks = clouds.map(({ kek }) => kek)
  const keys = keyring({ seal: keks, openStrategy: hedged({ clock }) })
  const sealed = await seal('any of three', { keys })
  const before = counts()
  const [stalled] = clouds
  stall(stalled)
  const arrived = stalled.asked()
  const opening = open(sealed, { keys })
  await arrived
  clock.pass(100)
  expect(text(await opening)).toBe('any of three')
  expect(counts().map((count, at) => count - (before[at] ?? 0))).toEqual([1, 1, 0])
  await setImmediate()
  expect(clock.sleeping()).toBe(0)
  // It stands back now: no delay has to pass.
  expect(text(await open(sealed, { keys }))).toBe('any of three')
  expect(counts().map((count, at) => count - (before[at] ?? 0))).toEqual([1, 2, 0])
})

test('with one of three clouds stalled, two shares open after the delay', async () => {
  const { clock, clouds, counts } = await scene()
  const groups = clouds.map(({ kek }) => [kek])
  const keys = keyring({ groups, threshold: 2, openStrategy: hedged({ clock }) })
  const sealed = await seal('two of three', { keys })
  const before = counts()
  const [, stalled, last] = clouds
  stall(stalled)
  const arrived = stalled.asked()
  const opening = open(sealed, { keys })
  await arrived
  clock.pass(100)
  expect(text(await opening)).toBe('two of three')
  expect(counts().map((count, at) => count - (before[at] ?? 0))).toEqual([1, 1, 1])
  expect(health(last.kek)?.statistics.failed).toBe(0)
})

test('two clouds that refuse leave the third to open, without any delay', async () => {
  const { clock, clouds } = await scene()
  const keys = keyring({ seal: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  const sealed = await seal('the last', { keys })
  for (const { emulator } of clouds.slice(0, 2)) emulator.faults.add({ fault: { kind: 'deny' } })
  expect(text(await open(sealed, { keys }))).toBe('the last')
  expect(clock.now()).toBe(0)
})

test('a cloud that is down costs one deadline, and then no call', async () => {
  const { clock, clouds, counts } = await scene()
  const keys = keyring({ seal: clouds.map(({ kek }) => kek) })
  const sealed = await seal('still there', { keys })
  const [down] = clouds
  stall(down)
  const opening = open(sealed, { keys })
  while (health(down.kek)?.breaker === 'closed') {
    clock.pass(50)
    await setImmediate()
  }
  expect(text(await opening)).toBe('still there')
  expect(clock.now()).toBeLessThanOrEqual(10_050)
  const asked = counts()
  for (let time = 0; time < 3; time++) expect(text(await open(sealed, { keys }))).toBe('still there')
  expect(counts()).toEqual([asked[0], (asked[1] ?? 0) + 3, asked[2]])
})

test('a seal with a cloud that refuses fails, or goes on with a warning where that was asked for', async () => {
  const { clouds } = await scene()
  const keks = clouds.map(({ kek }) => kek)
  const [first, refusing] = clouds
  refusing.emulator.faults.add({ fault: { kind: 'deny' }, operations: ['Encrypt'] })
  const failure: unknown = await seal('x', { keys: keyring({ seal: keks }) }).catch((error: unknown) => error)
  expect(isKeywrightError(failure, 'access-denied')).toBe(true)
  const warnings: unknown[] = []
  const onSealFailure = { proceed: (warning: unknown) => void warnings.push(warning) }
  const sealed = await seal('two slots', { keys: keyring({ seal: keks, onSealFailure }) })
  expect(warnings).toEqual([{ key: refusing.kek.uri, code: 'access-denied' }])
  first.emulator.faults.add({ fault: { kind: 'deny' } })
  expect(text(await open(sealed, { keys: keyring({ open: keks }) }))).toBe('two slots')
})

test('an open whose nearest cloud answers asks no other', async () => {
  const { clock, clouds, counts } = await scene()
  const keys = keyring({ seal: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  const sealed = await seal('the nearest', { keys })
  const before = counts()
  expect(text(await open(sealed, { keys }))).toBe('the nearest')
  expect(counts().map((count, at) => count - (before[at] ?? 0))).toEqual([1, 0, 0])
})

test('an open that every cloud refuses says what each of them answered', async () => {
  const { clock, clouds } = await scene()
  const keys = keyring({ seal: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  const sealed = await seal('nobody opens', { keys })
  const operations = ['Decrypt', 'update transit/decrypt/orders']
  for (const { emulator } of clouds) emulator.faults.add({ fault: { kind: 'deny' }, operations })
  const error: unknown = await open(sealed, { keys }).catch((thrown: unknown) => thrown)
  const slots = isKeywrightError(error) ? error.details.slots : undefined
  expect(slots?.map(({ key, code }) => `${key.split(':')[0]} ${code}`).sort()).toEqual([
    'aws-kms access-denied',
    'gcp-kms access-denied',
    'vault-transit access-denied',
  ])
})
