import type { ConformanceCase, Scene } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectThat } from '../expectation.ts'
import { everythingShown, expectNoSecret, printedDuring } from '../secret-watch.ts'
import { newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

async function thrownBy(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

/** A round trip and every refusal that needs no ability, with the data key in play. */
async function refusals({ first, anew }: Scene, dataKey: Uint8Array): Promise<readonly unknown[]> {
  const slot = await wrapSlot(first, dataKey)
  await unwrapSlot(first, slot)
  const closed = anew()
  await closed.connect()
  await closed.close()
  const changed = slot.wrapped.map((byte, index) => (index === slot.wrapped.length - 1 ? byte ^ 1 : byte))
  const tries = [
    () => unwrapSlot(first, { ...slot, wrapped: changed }),
    () => unwrapSlot(first, slot, keyContext({ tenant: 'somebody else' })),
    () => unwrapSlot(first, { ...slot, reference: `${slot.reference}x` }),
    () => unwrapSlot(first, { ...slot, algorithm: 'none' }),
    () => first.wrapKey({ dataKey, context: keyContext(), signal: AbortSignal.abort() }),
    () => closed.wrapKey({ dataKey, context: keyContext() }),
  ]
  const thrown: unknown[] = []
  for (const attempt of tries) thrown.push(await thrownBy(attempt))
  return thrown
}

const secretsOf = ({ stage }: Scene, dataKey: Uint8Array): readonly (Uint8Array | string)[] => [
  dataKey,
  ...(stage.secrets ?? []),
]

/** No data key and no credential reaches anything that is kept or shown. */
export const secrecyCases: readonly ConformanceCase[] = [
  {
    id: 'secrecy.errors',
    proves: 'no error shows the data key or a credential, in its message, stack, JSON or inspection',
    negative: true,
    run: async (scene) => {
      const dataKey = newDataKey()
      const shown = (await refusals(scene, dataKey)).map(everythingShown).join('\n')
      expectNoSecret(shown, secretsOf(scene, dataKey), 'in an error')
    },
  },
  {
    id: 'secrecy.careless-client',
    proves: 'a client whose errors repeat the request and the credential betrays neither',
    negative: true,
    abilities: ['fault:leaky-error'],
    run: async (scene) => {
      const { first, stage } = scene
      const dataKey = newDataKey()
      stage.faults?.['leaky-error']?.()
      const error = await thrownBy(() => wrapSlot(first, dataKey))
      expectThat(error !== undefined, 'the fault had no effect')
      expectNoSecret(everythingShown(error), secretsOf(scene, dataKey), 'in an error')
    },
  },
  {
    id: 'secrecy.inspection',
    proves: 'inspecting a KEK after use, or turning it into JSON, shows no data key and no credential',
    negative: true,
    run: async (scene) => {
      const { first } = scene
      const dataKey = newDataKey()
      await unwrapSlot(first, await wrapSlot(first, dataKey))
      const shown = `${everythingShown(first)}\n${everythingShown(await first.connect())}`
      expectNoSecret(shown, secretsOf(scene, dataKey), 'in the KEK')
    },
  },
  {
    id: 'secrecy.output',
    proves: 'nothing printed or warned during work and refusals shows the data key or a credential',
    negative: true,
    run: async (scene) => {
      const dataKey = newDataKey()
      const printed = await printedDuring(async () => void (await refusals(scene, dataKey)))
      expectNoSecret(printed, secretsOf(scene, dataKey), 'in what was printed')
    },
  },
  {
    id: 'secrecy.description',
    proves: 'the description of a key shows no credential',
    negative: true,
    run: async (scene) => {
      const shown = everythingShown(await scene.first.describeKey())
      expectNoSecret(shown, scene.stage.secrets ?? [], 'in the description')
    },
  },
]
