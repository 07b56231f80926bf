import { inspect, isKeywrightError, type Kek, keyring, open, seal } from '@keywright/core'
import type { Fault } from '@keywright/emulators'
import { health, hedged, type ResilienceOptions } from '@keywright/resilience'
import { expect, test } from 'vitest'
import { type Cloud, threeClouds } from './clouds.ts'

// Longer than any test may take: an open that returns was not waiting for the cloud that hangs.
const patient: ResilienceOptions = { deadlineMs: 3_600_000, tryTimeoutMs: 3_600_000 }
const brisk: ResilienceOptions = {
  attempts: 1,
  tryTimeoutMs: 100,
  breakerFailures: 1,
  breakerOpenMs: 3_600_000,
}
const context = { tenant: 'acme' }

function misbehave({ server }: Cloud, fault: Fault): void {
  server.faults.add({ fault })
}

function unwrapCalls(...clouds: readonly Cloud[]): readonly number[] {
  return clouds.map(
    ({ server, unwraps }) =>
      server.calls.latest.filter(({ operation }) => operation.includes(unwraps)).length,
  )
}

async function sealed(keks: readonly Kek[]): Promise<Uint8Array> {
  const keys = keyring({ seal: keks })
  try {
    return await seal('any one opens', { keys, context })
  } finally {
    await keys.close()
  }
}

test('an open whose nearest cloud hangs is answered by the next, after one call at each', async () => {
  const { aws, gcp } = await threeClouds()
  const envelope = await sealed([aws.kek(), gcp.kek()])
  for (const { server } of [aws, gcp]) server.calls.clear()
  misbehave(aws, { kind: 'stall' })
  const keys = keyring({ open: [aws.kek(patient), gcp.kek(patient)], openStrategy: hedged({ afterMs: 20 }) })
  expect(new TextDecoder().decode(await open(envelope, { keys, context }))).toBe('any one opens')
  expect(unwrapCalls(aws, gcp)).toEqual([1, 1])
  await keys.close()
})

test('an open whose nearest cloud answers asks no other', async () => {
  const { aws, gcp } = await threeClouds()
  const envelope = await sealed([aws.kek(), gcp.kek()])
  for (const { server } of [aws, gcp]) server.calls.clear()
  const keys = keyring({ open: [aws.kek(), gcp.kek()], openStrategy: hedged({ afterMs: 20_000 }) })
  await open(envelope, { keys, context })
  expect(unwrapCalls(aws, gcp)).toEqual([1, 0])
  await keys.close()
})

test('a cloud that is down is asked once, and then left alone', async () => {
  const { aws, gcp } = await threeClouds()
  const envelope = await sealed([aws.kek(), gcp.kek()])
  for (const { server } of [aws, gcp]) server.calls.clear()
  misbehave(aws, { kind: 'stall' })
  const down = aws.kek(brisk)
  const keys = keyring({ open: [down, gcp.kek()], openStrategy: hedged({ afterMs: 20_000 }) })
  for (let n = 0; n < 10; n++) await open(envelope, { keys, context })
  expect(unwrapCalls(aws, gcp)).toEqual([1, 10])
  expect(health(down)?.breaker).toBe('open')
  await keys.close()
})

test('two of three clouds open while the third hangs, and one alone does not', async () => {
  const { aws, gcp, vault } = await threeClouds()
  const groups = (): readonly (readonly Kek[])[] => [aws, gcp, vault].map((cloud) => [cloud.kek(patient)])
  const writing = keyring({ groups: groups(), threshold: 2 })
  const envelope = await seal('two of three', { keys: writing, context })
  await writing.close()

  misbehave(aws, { kind: 'stall' })
  const keys = keyring({ groups: groups(), threshold: 2, openStrategy: hedged({ afterMs: 20 }) })
  expect(new TextDecoder().decode(await open(envelope, { keys, context }))).toBe('two of three')
  misbehave(gcp, { kind: 'deny' })
  const few = keyring({ groups: [[gcp.kek()], [vault.kek()]], threshold: 2, openStrategy: hedged() })
  await expect(open(envelope, { keys: few, context })).rejects.toMatchObject({ code: 'access-denied' })
  await Promise.all([keys.close(), few.close()])
})

test('a seal with one cloud down fails, and no envelope is made', async () => {
  const { aws, gcp } = await threeClouds()
  misbehave(gcp, { kind: 'unavailable' })
  const keys = keyring({ seal: [aws.kek(), gcp.kek({ attempts: 1 })] })
  await expect(seal('x', { keys, context })).rejects.toMatchObject({ code: 'unavailable' })
  await keys.close()
})

test('a seal told to proceed without a cloud names it in a warning, and the envelope has no slot of it', async () => {
  const { aws, gcp } = await threeClouds()
  misbehave(gcp, { kind: 'unavailable' })
  const warnings: (readonly [scheme: string | undefined, code: string])[] = []
  const keys = keyring({
    seal: [aws.kek(), gcp.kek({ attempts: 1 })],
    onSealFailure: { proceed: ({ key, code }) => void warnings.push([key.split(':')[0], code]) },
  })
  const envelope = await seal('x', { keys, context })
  expect(warnings).toEqual([['gcp-kms', 'unavailable']])
  const { groups } = await inspect(envelope)
  expect(groups.flatMap(({ slots }) => slots.map(({ scheme }) => scheme))).toEqual(['aws-kms'])
  expect((await open(envelope, { keys, context })).length).toBe(1)
  await keys.close()
})

test('an open that every cloud refuses says what each answered', async () => {
  const { aws, gcp } = await threeClouds()
  const envelope = await sealed([aws.kek(), gcp.kek()])
  misbehave(aws, { kind: 'deny' })
  misbehave(gcp, { kind: 'unauthenticated' })
  const keys = keyring({ open: [aws.kek(brisk), gcp.kek(brisk)], openStrategy: hedged() })
  const error: unknown = await open(envelope, { keys, context }).catch((thrown: unknown) => thrown)
  const slots = isKeywrightError(error) ? error.details.slots : undefined
  expect(slots?.map(({ key, code }) => [key.split(':')[0], code]).sort()).toEqual([
    ['aws-kms', 'access-denied'],
    ['gcp-kms', 'unauthenticated'],
  ])
  await keys.close()
})
