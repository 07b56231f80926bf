import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { expect, test } from 'vitest'
import { motoHarness } from '../conformance/moto-harness.ts'

const foreign =
  'answers AccessDeniedException for a ciphertext of another key, or one altered in its first 36 bytes'
const stateless = 'lets disabled keys and keys pending deletion work on'

/** Cases that moto makes fail, each by something that AWS does otherwise; the emulator passes them. */
const wrongs: ReadonlyMap<string, string> = new Map([
  ['binding.moved-boundary', 'joins names and values of a context without their lengths'],
  ['wrong-key.other-material', foreign],
  ['tampering.each-byte', foreign],
  ['tampering.cut-at-the-front', foreign],
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

const moto = await startBackend('moto')
if (moto !== undefined) {
  for (const { id, title, run } of defineConformance(motoHarness(moto.environment))) {
    const wrong = wrongs.get(id)
    if (wrong === undefined) test(title, run)
    else test(`moto ${wrong}: ${id} fails`, () => expect(run()).rejects.toThrow())
  }
}
