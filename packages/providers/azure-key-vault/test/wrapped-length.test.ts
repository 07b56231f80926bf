import { afterEach, describe, expect, test } from 'vitest'
import { type AzureScene, azureScene, failureOf, type Slot, wrapped } from './azure-scene.ts'

let scene: AzureScene | undefined

afterEach(async () => {
  await scene?.close()
  scene = undefined
})

const methods = [
  { algorithm: 'RSA-OAEP-256', type: 'RSA', bytes: 256, beside: [1, 40, 255, 257, 511, 513, 1_024] },
  { algorithm: 'A256KW', type: 'oct-HSM', bytes: 40, beside: [1, 32, 39, 41, 48, 256] },
  { algorithm: 'A256GCM', type: 'oct-HSM', bytes: 60, beside: [1, 40, 59, 61, 256] },
] as const

describe.each(methods)('$algorithm', ({ algorithm, type, bytes, beside }) => {
  test('a wrapped key of another length is unwrap-failed without a request', async () => {
    scene = await azureScene(type)
    const kek = scene.kek({ algorithm })
    const slot = await wrapped(kek)
    expect(slot.wrapped.length).toBe(bytes)
    scene.emulator.calls.clear()
    for (const length of beside) {
      const { code, details } = await failureOf(kek.unwrapKey(resized(slot, length)))
      expect([length, code, details.field]).toEqual([length, 'unwrap-failed', 'wrapped'])
    }
    expect(scene.emulator.calls.count()).toBe(0)
  })

  test('an answer of another length is invalid-response, for nothing would unwrap it', async () => {
    scene = await azureScene(type)
    scene.emulator.faults.add({ fault: { kind: 'wrapped-length', bytes: bytes - 1 } })
    expect((await failureOf(wrapped(scene.kek({ algorithm })))).code).toBe('invalid-response')
  })
})

test.each([384, 512])('%i bytes may be those of a longer RSA key: the service is asked', async (length) => {
  scene = await azureScene('RSA')
  const kek = scene.kek()
  const slot = await wrapped(kek)
  expect((await failureOf(kek.unwrapKey(resized(slot, length)))).code).toBe('unwrap-failed')
  expect(scene.emulator.calls.count('unwrapKey')).toBe(1)
  scene.emulator.faults.add({ fault: { kind: 'wrapped-length', bytes: length } })
  expect((await wrapped(kek)).wrapped.length).toBe(length)
})

/** The same slot, cut or filled up with zeros. */
function resized(slot: Slot, length: number): Slot {
  const bytes = new Uint8Array(length)
  bytes.set(slot.wrapped.subarray(0, length))
  return { ...slot, wrapped: bytes }
}
