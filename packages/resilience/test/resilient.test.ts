import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyring, open, provider, seal } from '@keywright/core'
import { local } from '@keywright/local'
import { expect, test } from 'vitest'
import { resilient } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { scriptedKek, unwrapRequest } from './scripted-kek.ts'
import { virtualClock } from './virtual-clock.ts'

const outOfBounds: readonly (readonly [string, number])[] = [
  ['deadlineMs', 0],
  ['deadlineMs', 86_400_001],
  ['tryTimeoutMs', -1],
  ['attempts', 0],
  ['attempts', 101],
  ['baseDelayMs', Number.NaN],
  ['maxDelayMs', 1.5],
  ['breakerFailures', 0],
  ['breakerOpenMs', Number.POSITIVE_INFINITY],
]

for (const [field, value] of outOfBounds) {
  test(`${field} of ${value} is refused by name`, async () => {
    const failure = await failureOf((async () => resilient(scriptedKek(), { [field]: value }))())
    expect(failure.code).toBe('configuration')
    expect(failure.details.field).toBe(field)
  })
}

test("a raw error of a KEK that is not core's does not leave", async () => {
  const clock = virtualClock()
  const inner = scriptedKek([
    async () => {
      throw Object.assign(new Error('token=secret-token'), { key: 'secret-token' })
    },
  ])
  const failure = await failureOf(clock.run(resilient(inner, { clock }).unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('unknown')
  expect(failure.cause).toBeUndefined()
  expect(JSON.stringify(failure) + String(failure.stack)).not.toContain('secret-token')
  expect(inner.calls).toEqual(['connect', 'unwrapKey'])
})

test("a provider's error keeps its redacted record, delay asked for included", async () => {
  const clock = virtualClock()
  const kek = provider<null>({
    scheme: 'busy',
    parseUri: () => null,
    describeOptions: () => 'k',
    connect: async () => {
      throw new Error('secret-token')
    },
    classify: () => ({ code: 'throttled', requestId: 'r-9', retryAfterMs: 77 }),
  })(null)
  const failure = await failureOf(clock.run(resilient(kek, { clock, attempts: 2 }).unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('throttled')
  expect(failure.details).toEqual({
    provider: 'busy',
    operation: 'connect',
    key: 'busy://k',
    requestId: 'r-9',
    retryAfterMs: 77,
    attempts: 2,
  })
  expect(JSON.stringify(failure) + String(failure.stack)).not.toContain('secret-token')
})

test('a closed KEK says so, and is not retried', async () => {
  const clock = virtualClock()
  const kek = resilient(scriptedKek(), { clock })
  await clock.run(kek.unwrapKey(unwrapRequest))
  await kek.close()
  expect((await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))).code).toBe('configuration')
  expect((await failureOf(clock.run(kek.connect()))).code).toBe('configuration')
})

test('policies nest', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['unavailable', 'unavailable', 'unavailable'])
  const kek = resilient(resilient(inner, { clock, attempts: 2 }), { clock })
  await clock.run(kek.unwrapKey(unwrapRequest))
  expect(inner.calls).toHaveLength(5)
})

test('a keyring takes it for any other KEK', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resilience-'))
  const keys = keyring({ seal: [resilient(local({ key: 'k', folder, create: true, passphrase: false }))] })
  const sealed = await seal('for some eyes only', { keys, context: { tenant: 'a' } })
  const plain = await open(sealed, { keys, context: { tenant: 'a' } })
  expect(new TextDecoder().decode(plain)).toBe('for some eyes only')
  await keys.close()
  await rm(folder, { recursive: true })
})
