import { MemoryService, memoryDefinition, usualVariant } from '@keywright/conformance/memory'
import { type Kek, provider } from '@keywright/core'
import { expect, onTestFinished, test } from 'vitest'
import type { CheckName } from '../src/doctor/check.ts'
import { type ExamineOptions, examine } from '../src/doctor/examine.ts'
import { contextIgnored, type MemoryFault, memoryKek, refusing } from './memory-kek.ts'

const usual: ExamineOptions = {
  context: { purpose: 'doctor' },
  callMs: 5_000,
  totalMs: 20_000,
  config: undefined,
}

type Fault = 'unavailable' | 'unauthenticated'
const service = (fault: Fault): MemoryFault => ({ service: ({ faults }) => void faults.add(fault) })
const oneBitOff = (key: Uint8Array): Uint8Array => key.map((byte, at) => (at === 0 ? byte ^ 1 : byte))

const anotherKeyBack: MemoryFault = {
  driver: (driver) => ({
    unwrapKey: async (request) => {
      const answer = await driver.unwrapKey(request)
      return { ...answer, dataKey: oneBitOff(answer.dataKey) }
    },
  }),
}
const anotherVersionBack: MemoryFault = {
  driver: (driver) => ({
    unwrapKey: async (request) => ({ ...(await driver.unwrapKey(request)), keyVersion: '77' }),
  }),
}
/** Takes the middle of a wrapped key as it was, whatever came. */
const flipsMended: MemoryFault = {
  driver: (driver) => {
    let wrapped: Uint8Array | undefined
    return {
      wrapKey: async (request) => {
        const answer = await driver.wrapKey(request)
        wrapped ??= answer.wrapped.slice()
        return answer
      },
      unwrapKey: (request) => {
        const isSame = wrapped?.length === request.wrapped.length
        return driver.unwrapKey({
          ...request,
          wrapped: isSame ? (wrapped ?? request.wrapped) : request.wrapped,
        })
      },
    }
  },
}
const unopenable = (call: 'generateDataKey' | 'rewrapKey'): MemoryFault => ({
  driver: (driver) => ({
    [call]: async (request: never) => {
      const answer = await driver[call]?.(request)
      const { wrapped } = await driver.wrapKey({
        ...(request as object),
        dataKey: new Uint8Array(32).fill(1),
      } as never)
      return { ...answer, wrapped }
    },
  }),
})

async function linesOf(
  kek: Kek,
  options: Partial<ExamineOptions> = {},
): Promise<ReadonlyMap<CheckName, string>> {
  onTestFinished(() => void kek.close())
  const { checks } = await examine(kek, { ...usual, ...options })
  return new Map(checks.map(({ check, result }) => [check, result]))
}

/** For each line the fault that makes it fail; without one it is ok. The clock and the policy have files of their own. */
test.each<[CheckName, string, MemoryFault]>([
  ['reachable', 'nobody is there', service('unavailable')],
  ['credentials', 'they are refused', service('unauthenticated')],
  ['key state', 'the key is disabled', { service: (one) => one.setState('first', 'disabled') }],
  ['describe', 'it is denied', refusing('describeKey', 'Forbidden')],
  ['wrap', 'it is denied', refusing('wrapKey', 'Forbidden')],
  ['unwrap', 'it is denied', refusing('unwrapKey', 'Forbidden')],
  ['generate', 'it is denied', refusing('generateDataKey', 'Forbidden')],
  ['generate', 'what it gives opens to another key', unopenable('generateDataKey')],
  ['rewrap', 'it is denied', refusing('rewrapKey', 'Forbidden')],
  ['rewrap', 'what it gives opens to another key', unopenable('rewrapKey')],
  ['right context', 'another key comes back', anotherKeyBack],
  ['unwrap', 'another key comes back', anotherKeyBack],
  ['wrong context', 'the context is ignored', contextIgnored],
  ['flipped byte', 'a flipped bit is taken', flipsMended],
  ['versions', 'another version unwraps than wrapped', anotherVersionBack],
])('the line %s fails where %s, and else is ok', async (check, _, fault) => {
  expect((await linesOf(memoryKek())).get(check)).toBe('ok')
  expect((await linesOf(memoryKek(fault))).get(check)).toBe('failed')
})

/** A key of a scheme and algorithm that the registry knows, whatever it declares. */
function known(algorithm: string): Kek {
  const service = new MemoryService()
  service.createKey('first')
  const definition = memoryDefinition(service, { ...usualVariant })
  const make = provider({
    ...definition,
    scheme: 'azure-key-vault',
    connect: async (options, call) => {
      const driver = await definition.connect(options, call)
      const capabilities = {
        ...driver.capabilities,
        algorithms: [algorithm],
        generatesDataKeys: false,
        serverSideRewrap: false,
      }
      return {
        ...driver,
        capabilities,
        wrapKey: async (request) => ({ ...(await driver.wrapKey(request)), algorithm }),
        generateDataKey: undefined,
        rewrapKey: undefined,
      }
    },
  })
  return make({ key: 'first' })
}

test('the line wrap authenticity fails where a wrap contradicts the declaration, and else is ok', async () => {
  expect((await linesOf(known('azure.a256gcm'))).get('wrap authenticity')).toBe('ok')
  expect((await linesOf(known('azure.rsa-oaep-256'))).get('wrap authenticity')).toBe('failed')
})

test('the line latency fails where one call got no answer in its time, and else is ok', async () => {
  const silent: MemoryFault = { driver: () => ({ rewrapKey: () => new Promise(() => {}) }) }
  expect((await linesOf(memoryKek())).get('latency')).toBe('ok')
  const lines = await linesOf(memoryKek(silent), { callMs: 20 })
  expect([lines.get('latency'), lines.get('rewrap'), lines.get('reachable')]).toEqual([
    'failed',
    'failed',
    'ok',
  ])
})
