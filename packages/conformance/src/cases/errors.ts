import type { ErrorCode, KeywrightError } from '@keywright/core'
import { type ConformanceCase, need, type Scene } from '../conformance-case.ts'
import { expectRefusal, expectThat } from '../expectation.ts'
import type { Fault } from '../harness.ts'
import { newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

const outages: readonly (readonly [Fault, ErrorCode, KeywrightError['retry']])[] = [
  ['throttled', 'throttled', 'later'],
  ['unavailable', 'unavailable', 'later'],
  ['unauthenticated', 'unauthenticated', 'after-login'],
  ['nonsense', 'unknown', 'never'],
]

/** A refusal that every provider can be brought to. */
async function refusedUnwrap({ first }: Scene): Promise<KeywrightError> {
  const slot = await wrapSlot(first, newDataKey())
  const wrapped = slot.wrapped.map((byte, index) => (index === slot.wrapped.length - 1 ? byte ^ 1 : byte))
  return expectRefusal('unwrap-failed', () => unwrapSlot(first, { ...slot, wrapped }))
}

/** One error class, closed codes, a retry class, and a record that is safe to log. */
export const errorCases: readonly ConformanceCase[] = [
  ...outages.map(
    ([fault, code, retry]): ConformanceCase => ({
      id: `errors.${fault}`,
      proves: `a key manager that is ${fault} is reported as ${code}, to be retried: ${retry}`,
      negative: true,
      abilities: [`fault:${fault}`],
      run: async ({ first, stage }) => {
        const slot = await wrapSlot(first, newDataKey())
        stage.faults?.[fault]?.()
        for (const call of [() => wrapSlot(first, newDataKey()), () => unwrapSlot(first, slot)]) {
          const error = await expectRefusal(code, call)
          expectThat(error.retry === retry, `the retry class is ${error.retry}`)
          const { retryAfterMs } = error.details
          const plausible = retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0)
          expectThat(plausible, 'the delay asked for is no number of milliseconds')
        }
      },
    }),
  ),
  {
    id: 'errors.retry-class',
    proves: 'a refused unwrap is never to be retried',
    negative: true,
    run: async (scene) => {
      const { retry } = await refusedUnwrap(scene)
      expectThat(retry === 'never', `a refused unwrap is to be retried: ${retry}`)
    },
  },
  {
    id: 'errors.record',
    proves: 'an error says which provider, which operation and which key',
    negative: false,
    run: async (scene) => {
      const { details } = await refusedUnwrap(scene)
      expectThat(details.provider === scene.scheme, 'the error does not name the provider')
      expectThat(details.operation === 'unwrapKey', 'the error does not name the operation')
      expectThat(details.key === scene.first.uri, 'the error does not name the key')
    },
  },
  {
    id: 'errors.nothing-attached',
    proves: "the client's own error is nowhere attached: no cause, no field beside the record",
    negative: true,
    run: async (scene) => {
      const error = await refusedUnwrap(scene)
      const known = ['stack', 'message', 'name', 'code', 'retry', 'details']
      const others = Object.getOwnPropertyNames(error).filter((name) => !known.includes(name))
      expectThat(others.length === 0, `the error carries ${others.join(', ')}`)
      const nested = Object.values(error.details).filter(
        (value) => typeof value === 'object' && value !== null,
      )
      expectThat(nested.length === 0, 'the record carries an object')
    },
  },
  {
    id: 'errors.as-json',
    proves: 'an error survives as plain data with code, message, retry class and record',
    negative: false,
    run: async (scene) => {
      const error = await refusedUnwrap(scene)
      const data: unknown = JSON.parse(JSON.stringify(error))
      const fields = typeof data === 'object' && data !== null ? Object.keys(data) : []
      for (const name of ['name', 'code', 'message', 'retry', 'details']) {
        expectThat(fields.includes(name), `the error as data has no ${name}`)
      }
    },
  },
  {
    id: 'errors.not-declared',
    proves: 'a method that is not declared is unsupported, and says so as every error does',
    negative: true,
    needs: need.noGeneration,
    run: async ({ first, scheme }) => {
      const context = { role: 'dek', pairs: {}, digest: new Uint8Array(32) } as const
      const { details } = await expectRefusal('unsupported', () => first.generateDataKey({ context }))
      expectThat(details.provider === scheme, 'the error does not name the provider')
    },
  },
]
