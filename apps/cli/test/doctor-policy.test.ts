import { expect, onTestFinished, test } from 'vitest'
import type { KeyringConfig } from '../src/config/config-file.ts'
import type { Check } from '../src/doctor/check.ts'
import { examine } from '../src/doctor/examine.ts'
import { type MemoryFault, memoryKek, refusing } from './memory-kek.ts'

const [first, second] = ['memory://first', 'memory://second'] as const

async function policyLine(
  keyrings: Readonly<Record<string, KeyringConfig>>,
  fault: MemoryFault = {},
): Promise<Check | undefined> {
  const kek = memoryKek(fault)
  onTestFinished(() => void kek.close())
  const config = { path: '/keywright.config.json', providers: {}, keyrings }
  const options = { context: { purpose: 'doctor' }, callMs: 5_000, totalMs: 20_000, config }
  const { checks } = await examine(kek, options)
  return checks.find(({ check }) => check === 'local policy')
}

const denied = (...operations: readonly ('wrapKey' | 'unwrapKey' | 'generateDataKey')[]): MemoryFault => ({
  driver: (driver) =>
    Object.assign({}, ...operations.map((one) => refusing(one, 'Forbidden').driver?.(driver))),
})

test('what a keyring does with a key is ok where the calls for it were allowed', async () => {
  expect(await policyLine({ default: { seal: [first, second] } })).toMatchObject({
    result: 'ok',
    detail: 'keyring default: seals',
    provedBy: ['wrapKey'],
  })
  expect(await policyLine({ other: { open: [first] } })).toMatchObject({
    result: 'ok',
    detail: 'keyring other: opens only',
    provedBy: ['unwrapKey'],
  })
})

test('a keyring that seals with a key which wraps nothing has failed', async () => {
  const line = await policyLine({ default: { seal: [first] } }, denied('wrapKey', 'generateDataKey'))
  expect(line).toMatchObject({ result: 'failed', code: 'access-denied', provedBy: ['wrapKey'] })
  expect(line?.fix).toBeTypeOf('string')
})

test('a key that draws data keys and wraps none seals as the first one alone', async () => {
  expect(await policyLine({ default: { seal: [first, second] } }, denied('wrapKey'))).toMatchObject({
    result: 'ok',
    provedBy: ['generateDataKey'],
  })
  expect((await policyLine({ default: { seal: [second, first] } }, denied('wrapKey')))?.result).toBe('failed')
  const groups = { default: { groups: [[first], [second]], threshold: 2 } }
  expect((await policyLine(groups, denied('wrapKey')))?.result).toBe('failed')
})

test('a keyring that opens with a key which unwraps nothing has failed, and one that seals with it has not', async () => {
  expect(await policyLine({ default: { open: [first] } }, denied('unwrapKey'))).toMatchObject({
    result: 'failed',
    code: 'access-denied',
    provedBy: ['unwrapKey'],
  })
  expect((await policyLine({ default: { seal: [first] } }, denied('unwrapKey')))?.result).toBe('ok')
})

test.each<[string, Readonly<Record<string, KeyringConfig>>, MemoryFault]>([
  ['no keyring names the key', { default: { seal: [second] } }, {}],
  [
    'nobody answers',
    { default: { seal: [first] } },
    { service: ({ faults }) => void faults.add('unavailable') },
  ],
  ['nothing was there to unwrap', { default: { open: [first] } }, denied('wrapKey', 'generateDataKey')],
])('where %s, the policy was not checked', async (_, keyrings, fault) => {
  expect(await policyLine(keyrings, fault)).toMatchObject({ result: 'not checked', provedBy: [] })
})

test('slots that anyone can make beside others are a warning, proved by the wrap', async () => {
  const line = await policyLine({ default: { seal: [first, second] } }, { variant: { publicKey: true } })
  expect(line).toMatchObject({ result: 'warning', provedBy: ['wrapKey'] })
  const accepted = { default: { seal: [first, second], acceptPublicKeyWrap: true } }
  expect((await policyLine(accepted, { variant: { publicKey: true } }))?.result).toBe('ok')
})
