import { setImmediate } from 'node:timers/promises'
import { keyring, open, seal } from '@keywright/core'
import { gcpKms } from '@keywright/gcp-kms'
import { hedged } from '@keywright/resilience'
import { expect, onTestFinished, test } from 'vitest'
import { lateClient } from './late-answer.ts'
import { steppedClock } from './stepped-clock.ts'
import { gcpKey, threeClouds } from './three-clouds.ts'

// A call of Google's client cannot be cancelled: the data key of a race that it lost arrives all the same.
test.each([
  ['with a policy', true],
  ['without one', false],
])('the data key that a slower cloud still answers with is zero-filled, %s', async (_, withPolicy) => {
  const clock = steppedClock()
  const [aws, gcp] = await threeClouds({ clock, random: () => 0 })
  const { client, plaintexts, release } = lateClient(gcp.emulator.url)
  const resilience = withPolicy ? { clock, random: () => 0 } : false
  const late = gcpKms({ key: gcpKey, client, resilience })
  onTestFinished(() => late.close())
  const sealed = await seal('of the faster', { keys: keyring({ seal: [late, aws.kek] }) })

  gcp.emulator.faults.add({ fault: { kind: 'latency', milliseconds: 100 }, operations: ['Decrypt'] })
  const arrived = gcp.asked()
  const keys = keyring({ open: [late, aws.kek], openStrategy: hedged({ clock }) })
  const opening = open(sealed, { keys })
  await arrived
  clock.pass(100)
  expect(new TextDecoder().decode(await opening)).toBe('of the faster')
  expect([gcp.unwraps(), aws.unwraps()]).toEqual([1, 1])

  // Only now, however slow this machine or the other cloud was.
  await release()
  await setImmediate()
  expect(plaintexts.map(({ hadBytes }) => hadBytes)).toEqual([true])
  for (const { bytes } of plaintexts) expect(bytes.every((byte) => byte === 0)).toBe(true)
})
