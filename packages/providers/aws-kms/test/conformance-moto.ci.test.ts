import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { expect, test } from 'vitest'
import { motoHarness } from '../conformance/moto-harness.ts'
import { codeOf, context, slotOf } from './running-kms.ts'

const foreign =
  'answers AccessDeniedException for a ciphertext of another key, or one altered in its first 36 bytes'
const stateless = 'lets disabled keys and keys pending deletion work on'

/** Cases that moto makes fail, each by something that AWS does otherwise; the emulator passes them. */
const wrongs: ReadonlyMap<string, string> = new Map([
  ['binding.moved-boundary', 'joins names and values of a context without their lengths'],
  ['wrong-key.other-material', foreign],
  ['tampering.each-byte', foreign],
  ['tampering.extended', foreign],
  ['tampering.noise', foreign],
  ['tampering.one-answer', foreign],
  ['rewrap.old-slot-survives', foreign],
  ['key-state.disable-wrap', stateless],
  ['key-state.disable-unwrap', stateless],
  ['key-state.destroy-wrap', stateless],
  ['key-state.destroy-unwrap', stateless],
  ['key-state.enabled-again', stateless],
  ['envelope.says-what-slots-answered', stateless],
])

/** What moto makes fail or pass by a nonce that it draws: a test of its own stands below. */
const drawn = 'tampering.cut-at-the-front'

const moto = await startBackend('moto')
if (moto !== undefined) {
  const harness = motoHarness(moto.environment)
  for (const { id, title, run } of defineConformance(harness)) {
    const wrong = wrongs.get(id)
    if (id === drawn) continue
    if (wrong === undefined) test(title, run)
    else test(`moto ${wrong}: ${id} fails`, () => expect(run()).rejects.toThrow())
  }

  // The key id stands before the nonce: cut by a byte, it ends with the nonce's first, which is text or is not.
  test.each([
    ['text', 'access-denied', (byte: number) => byte < 0x80],
    ['no text', 'unwrap-failed', (byte: number) => byte >= 0x80],
  ] as const)(
    `moto reads a key id in what is cut at the front, which a nonce makes %s: ${drawn} is %s`,
    async (_, code, suits) => {
      const { first, close } = await harness.prepare()
      const kek = first()
      let slot = await slotOf(kek)
      while (!suits(slot.wrapped[36] ?? 0)) slot = await slotOf(kek)
      expect(await codeOf(kek.unwrapKey({ ...slot, wrapped: slot.wrapped.slice(1), context }))).toBe(code)
      await kek.close()
      await close?.()
    },
  )
}
