import { formatKeyUri, type Kek, type Keyring, keyring } from '@keywright/core'
import type { ConformanceCase, Scene } from '../conformance-case.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { everythingShown, expectNoSecret } from '../secret-watch.ts'

const plaintext = Uint8Array.from('4111 1111 1111 1111', (letter) => letter.charCodeAt(0))
const tenantA = { context: { tenant: 'a' }, associatedData: 'orders/1/card' }
const tenantB = { context: { tenant: 'b' }, associatedData: 'orders/1/card' }

function ring(seal: readonly Kek[], open: readonly Kek[] = []): Keyring {
  return keyring({ seal: [...seal], open: [...open], acceptPublicKeyWrap: true })
}

async function sealed({ first, envelope }: Scene, at: typeof tenantA = tenantA): Promise<Uint8Array> {
  return envelope.seal(plaintext, { keys: ring([first]), ...at })
}

async function expectOpens({ envelope }: Scene, kek: Kek, bytes: Uint8Array, what: string): Promise<void> {
  expectSameBytes(await envelope.open(bytes, { keys: ring([], [kek]), ...tenantA }), plaintext, what)
}

/** Moves an envelope and gives the whole new one. */
async function moved({ envelope }: Scene, bytes: Uint8Array, from: Kek, to: Kek): Promise<Uint8Array> {
  const options = { from, to, ...tenantA, acceptPublicKeyWrap: true }
  const result = await envelope.rewrap(bytes, options)
  expectThat(result.envelope !== undefined, 'a rewrap of a whole envelope gave no envelope')
  return result.envelope
}

/** The KEK inside envelopes: what an application sees of a provider. */
export const envelopeCases: readonly ConformanceCase[] = [
  {
    id: 'envelope.opens',
    proves: 'what is sealed under a KEK opens under it',
    negative: false,
    run: async (scene) => expectOpens(scene, scene.first, await sealed(scene), 'the plaintext'),
  },
  {
    id: 'envelope.another-tenant',
    proves:
      "one tenant's envelope in the place of another's is refused as context-mismatch, on every provider",
    negative: true,
    run: async (scene) => {
      const { first, envelope } = scene
      const ofA = await sealed(scene)
      await expectRefusal('context-mismatch', () => envelope.open(ofA, { keys: ring([first]), ...tenantB }))
    },
  },
  {
    id: 'envelope.no-context-stated',
    proves: 'an open that states no context opens nothing that has one',
    negative: true,
    run: async (scene) => {
      const { first, envelope } = scene
      const ofA = await sealed(scene)
      const { associatedData } = tenantA
      await expectRefusal('context-mismatch', () =>
        envelope.open(ofA, { keys: ring([first]), associatedData }),
      )
    },
  },
  {
    id: 'envelope.another-tenant-no-call',
    proves: "another tenant's envelope costs no request",
    negative: true,
    abilities: ['calls'],
    run: async (scene) => {
      const { first, envelope, stage } = scene
      const ofA = await sealed(scene)
      const before = stage.calls?.()
      await expectRefusal('context-mismatch', () => envelope.open(ofA, { keys: ring([first]), ...tenantB }))
      expectThat(stage.calls?.() === before, "the key manager was asked about another tenant's envelope")
    },
  },
  {
    id: 'envelope.another-row',
    proves: "one row's envelope in the place of another's is refused as authentication-failed",
    negative: true,
    run: async (scene) => {
      const { first, envelope } = scene
      const bytes = await sealed(scene)
      const elsewhere = { keys: ring([first]), ...tenantA, associatedData: 'orders/2/card' }
      await expectRefusal('authentication-failed', () => envelope.open(bytes, elsewhere))
    },
  },
  {
    id: 'envelope.changed-body',
    proves: 'a body with any one byte changed is refused',
    negative: true,
    run: async (scene) => {
      const { first, envelope } = scene
      const bytes = await sealed(scene)
      // Salt, commitment, the plaintext's own length and a tag.
      const start = bytes.length - (24 + 32 + plaintext.length + 16)
      for (let at = start; at < bytes.length; at += 7) {
        const changed = bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
        const call = (): unknown => envelope.open(changed, { keys: ring([first]), ...tenantA })
        await expectRefusal('authentication-failed', call, `byte ${at} changed`)
      }
    },
  },
  {
    id: 'envelope.truncated',
    proves: 'an envelope that ends early is refused',
    negative: true,
    run: async (scene) => {
      const { first, envelope } = scene
      const bytes = await sealed(scene)
      for (const length of [0, 8, 40, bytes.length - 40, bytes.length - 17, bytes.length - 1]) {
        const codes = ['truncated', 'authentication-failed'] as const
        const cut = bytes.slice(0, length)
        const call = (): unknown => envelope.open(cut, { keys: ring([first]), ...tenantA })
        await expectRefusal(codes, call, `cut to ${length} bytes`)
      }
    },
  },
  {
    id: 'envelope.another-kek',
    proves: 'an envelope does not open with a KEK that has no slot in it',
    negative: true,
    run: async (scene) => {
      const { second, envelope } = scene
      const bytes = await sealed(scene)
      await expectRefusal('no-matching-key', () => envelope.open(bytes, { keys: ring([second]), ...tenantA }))
    },
  },
  {
    id: 'envelope.slot-names-key',
    proves: 'a slot names the KEK by its canonical URI, readable without any key',
    negative: false,
    run: async (scene) => {
      const { first, reference, envelope } = scene
      const { groups } = await envelope.inspect(await sealed(scene))
      const keys = groups.flatMap(({ slots }) => slots.map(({ key }) => key))
      expectThat(keys.includes(formatKeyUri(first.scheme, reference)), 'no slot names the KEK')
    },
  },
  {
    id: 'envelope.inspection-shows-no-secret',
    proves: 'inspecting an envelope, and the refusals to open it, show neither plaintext nor credential',
    negative: true,
    run: async (scene) => {
      const { first, stage, envelope } = scene
      const bytes = await sealed(scene)
      const refusal = await expectRefusal('context-mismatch', () =>
        envelope.open(bytes, { keys: ring([first]), ...tenantB }),
      )
      const shown = `${everythingShown(await envelope.inspect(bytes))}\n${everythingShown(refusal)}`
      expectNoSecret(shown, [plaintext, ...(stage.secrets ?? [])], 'in an inspection or a refusal')
    },
  },
  {
    id: 'envelope.rewrap-and-back',
    proves: 'an envelope moves to another KEK and back, and opens after each step with the body untouched',
    negative: false,
    run: async (scene) => {
      const { first, second } = scene
      const before = await sealed(scene)
      const away = await moved(scene, before, first, second)
      await expectOpens(scene, second, away, 'under the second KEK')
      const back = await moved(scene, away, second, first)
      await expectOpens(scene, first, back, 'back under the first KEK')
      const bodyBytes = 24 + 32 + plaintext.length + 16
      expectSameBytes(back.slice(-bodyBytes), before.slice(-bodyBytes), 'the body')
    },
  },
  {
    id: 'envelope.rewrap-drops-old',
    proves: 'after a rewrap the old KEK has no slot',
    negative: true,
    run: async (scene) => {
      const { first, second, envelope } = scene
      const away = await moved(scene, await sealed(scene), first, second)
      await expectRefusal('no-matching-key', () => envelope.open(away, { keys: ring([first]), ...tenantA }))
    },
  },
  {
    id: 'envelope.failed-rewrap',
    proves:
      'a rewrap whose target fails is an error, changes no byte given to it, and the old slot still opens',
    negative: true,
    run: async (scene) => {
      const { first, second, envelope } = scene
      const bytes = await sealed(scene)
      const before = bytes.slice()
      await second.connect()
      await second.close()
      const options = { from: first, to: second, ...tenantA, acceptPublicKeyWrap: true }
      await expectRefusal('configuration', () => envelope.rewrap(bytes, options))
      expectSameBytes(bytes, before, 'the envelope')
      await expectOpens(scene, first, bytes, 'after a failed rewrap')
    },
  },
  {
    id: 'envelope.pending-rewrap',
    proves:
      'a rewrap that may only wrap adds a slot, inside the key manager or not, and can be finished later',
    negative: false,
    run: async (scene) => {
      const { first, second, envelope } = scene
      const options = { from: first, to: second, ...tenantA, acceptPublicKeyWrap: true }
      const pending = await envelope.rewrap(await sealed(scene), { ...options, wrapOnly: true })
      expectThat(pending.envelope !== undefined, 'a rewrap of a whole envelope gave no envelope')
      await expectOpens(scene, first, pending.envelope, 'under the KEK that stays for now')
      const finished = await envelope.rewrap(pending.envelope, { ...options, step: 'remove' })
      expectThat(finished.envelope !== undefined, 'a rewrap of a whole envelope gave no envelope')
      await expectOpens(scene, second, finished.envelope, 'under the new KEK')
    },
  },
  {
    id: 'envelope.reseal',
    proves: 'a reseal makes a new body under a new data key, and opens',
    negative: false,
    run: async (scene) => {
      const { first, envelope } = scene
      const before = await sealed(scene)
      const after = await envelope.reseal(before, { keys: ring([first]), ...tenantA })
      await expectOpens(scene, first, after, 'the plaintext')
      const keyChecks = await Promise.all([before, after].map((bytes) => envelope.inspect(bytes)))
      expectThat(keyChecks[0]?.keyCheck !== keyChecks[1]?.keyCheck, 'the data key is still the old one')
    },
  },
  {
    id: 'envelope.survives-rotation',
    proves: 'an envelope sealed before a rotation opens after it',
    negative: false,
    abilities: ['rotate'],
    run: async (scene) => {
      const before = await sealed(scene)
      await scene.stage.rotate?.()
      await expectOpens(scene, scene.first, before, 'sealed before the rotation')
      await expectOpens(scene, scene.first, await sealed(scene), 'sealed after the rotation')
    },
  },
  {
    id: 'envelope.other-slot-opens',
    proves: 'an envelope of two KEKs opens while one of them is disabled',
    negative: false,
    abilities: ['disable'],
    run: async (scene) => {
      const { first, second, envelope, stage } = scene
      const bytes = await envelope.seal(plaintext, { keys: ring([first, second]), ...tenantA })
      await stage.disable?.()
      const opened = await envelope.open(bytes, { keys: ring([first, second]), ...tenantA })
      expectSameBytes(opened, plaintext, 'the plaintext')
    },
  },
  {
    id: 'envelope.says-what-slots-answered',
    proves: 'an open that fails says what each slot answered',
    negative: true,
    abilities: ['disable'],
    run: async (scene) => {
      const { first, envelope, stage } = scene
      const bytes = await sealed(scene)
      await stage.disable?.()
      const call = (): unknown => envelope.open(bytes, { keys: ring([first]), ...tenantA })
      const { details } = await expectRefusal('key-disabled', call)
      const answer = details.slots?.find(({ key }) => key === first.uri)
      expectThat(answer?.code === 'key-disabled', 'the error does not say what the slot answered')
    },
  },
]
