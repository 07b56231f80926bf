import { writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Check, CheckName } from '../src/doctor/check.ts'
import { type Examination, type ExamineOptions, examine } from '../src/doctor/examine.ts'
import { newPlace, succeed } from './keywright.ts'
import { contextIgnored, type MemoryFault, memoryKek, refusing } from './memory-kek.ts'

const usual: ExamineOptions = {
  context: { purpose: 'doctor' },
  callMs: 5_000,
  totalMs: 20_000,
  config: undefined,
}

async function examined(
  fault: MemoryFault = {},
  options: Partial<ExamineOptions> = {},
): Promise<Examination> {
  const kek = memoryKek(fault)
  // What never connects never closes.
  onTestFinished(() => void kek.close())
  return examine(kek, { ...usual, ...options })
}

/** Every line's result by its name, as `--json` tells it. */
function results({ checks }: Examination): Partial<Record<CheckName, Check['result']>> {
  return Object.fromEntries(checks.map(({ check, result }) => [check, result]))
}

const line = ({ checks }: Examination, name: CheckName): Check | undefined =>
  checks.find(({ check }) => check === name)

const healthy = {
  reachable: 'ok',
  credentials: 'ok',
  'key state': 'ok',
  describe: 'ok',
  wrap: 'ok',
  unwrap: 'ok',
  generate: 'ok',
  rewrap: 'ok',
  'right context': 'ok',
  'wrong context': 'ok',
  'flipped byte': 'ok',
  versions: 'ok',
  'wrap authenticity': 'not checked',
  clock: 'not checked',
  latency: 'ok',
  'local policy': 'not checked',
} as const
const nothing = Object.fromEntries(Object.keys(healthy).map((name) => [name, 'not checked']))
const unopened = {
  'right context': 'not checked',
  'wrong context': 'not checked',
  'flipped byte': 'not checked',
}

const fails = (fault: 'unavailable' | 'hang' | 'unauthenticated' | 'throttled'): MemoryFault => ({
  service: ({ faults }) => void faults.add(fault),
})
const disabled: MemoryFault = { service: (service) => service.setState('first', 'disabled') }
const destroyed: MemoryFault = { service: (service) => service.setState('first', 'destroyed') }
const goneAfterConnect: MemoryFault = {
  driver: (driver) => ({
    ...refusing('describeKey', 'Unavailable').driver?.(driver),
    ...refusing('wrapKey', 'Unavailable').driver?.(driver),
  }),
}
const unusable = {
  ...healthy,
  ...unopened,
  'key state': 'failed',
  wrap: 'failed',
  generate: 'failed',
  unwrap: 'not checked',
  rewrap: 'not checked',
}

test.each<[string, MemoryFault, object]>([
  ['nothing is wrong', {}, healthy],
  ['wrap is denied', refusing('wrapKey', 'Forbidden'), { ...healthy, wrap: 'failed' }],
  ['unwrap is denied', refusing('unwrapKey', 'Forbidden'), { ...healthy, ...unopened, unwrap: 'failed' }],
  ['describe is denied', refusing('describeKey', 'Forbidden'), { ...healthy, describe: 'failed' }],
  ['the context is ignored', contextIgnored, { ...healthy, 'wrong context': 'failed' }],
  ['the key is disabled', disabled, unusable],
  ['the key is destroyed', destroyed, unusable],
  ['the key is missing', { key: 'missing' }, { ...nothing, reachable: 'ok', 'key state': 'failed' }],
  ['nobody answers after the connection', goneAfterConnect, { ...nothing, reachable: 'failed' }],
  ['nobody is there', fails('unavailable'), { ...nothing, reachable: 'failed' }],
  [
    'the credentials are refused',
    fails('unauthenticated'),
    { ...nothing, reachable: 'ok', credentials: 'failed' },
  ],
  ['the context is left to the envelope', { variant: { binding: 'envelope' } }, healthy],
])('when %s, each line says so, or that it was not checked', async (_, fault, expected) => {
  expect(results(await examined(fault))).toEqual(expected)
})

test('a key manager that never answers costs the time given, and no more', async () => {
  const examination = await examined(fails('hang'), { callMs: 20 })
  expect(results(examination)).toEqual({ ...nothing, reachable: 'failed' })
  expect(line(examination, 'reachable')?.code).toBe('timeout')
  expect(examination.calls).toHaveLength(1)
})

test('calls that would begin after the time of a key are not made', async () => {
  let now = 0
  const tick = (): number => {
    now += 1_000
    return now
  }
  const examination = await examined({}, { now: tick, totalMs: 6_500 })
  expect(examination.calls.map(({ operation }) => operation)).toEqual(['connect', 'describeKey', 'wrapKey'])
  expect(line(examination, 'unwrap')?.result).toBe('not checked')
})

test('slow calls are a warning, and every call is told with its time', async () => {
  let now = 0
  const slow = (): number => {
    now += 800
    return now
  }
  const examination = await examined({}, { now: slow, totalMs: 1_000_000 })
  expect(line(examination, 'latency')?.result).toBe('ok')
  expect(new Set(examination.calls.map(({ milliseconds }) => milliseconds))).toEqual(new Set([800]))
  const slower = (): number => {
    now += 1_500
    return now
  }
  expect(line(await examined({}, { now: slower, totalMs: 1_000_000 }), 'latency')).toMatchObject({
    result: 'warning',
    provedBy: ['describeKey', 'wrapKey', 'generateDataKey', 'unwrapKey', 'rewrapKey'],
  })
})

test('every line that is not "not checked" names what proves it, and every other one nothing', async () => {
  for (const fault of [
    {},
    refusing('wrapKey', 'Forbidden'),
    disabled,
    contextIgnored,
    fails('unavailable'),
  ]) {
    for (const { result, provedBy } of (await examined(fault)).checks) {
      expect(provedBy.length > 0).toBe(result !== 'not checked')
    }
  }
})

test('every failed line says what to do', async () => {
  for (const fault of [
    refusing('unwrapKey', 'Forbidden'),
    disabled,
    destroyed,
    contextIgnored,
    fails('unavailable'),
  ]) {
    for (const { result, fix } of (await examined(fault)).checks) {
      if (result === 'failed') expect(fix).toBeTypeOf('string')
    }
  }
})

test('where wrap is denied, a generated key is what the unwraps are tried with', async () => {
  const examination = await examined(refusing('wrapKey', 'Forbidden'))
  expect(line(examination, 'unwrap')?.provedBy).toEqual(['generateDataKey', 'unwrapKey'])
})

test('a wrong context that the rights refuse says nothing of the binding', async () => {
  let calls = 0
  const pinned: MemoryFault = {
    driver: (driver) => ({
      unwrapKey: (request) => {
        calls++
        if (request.context.pairs['purpose'] === 'doctor') return driver.unwrapKey(request)
        return (
          refusing('unwrapKey', 'Forbidden').driver?.(driver).unwrapKey?.(request) ??
          driver.unwrapKey(request)
        )
      },
    }),
  }
  expect(line(await examined(pinned), 'wrong context')?.result).toBe('not checked')
  expect(calls).toBeGreaterThan(1)
})

test('a key of which two versions are told at once is a warning', async () => {
  const lagging: MemoryFault = {
    driver: (driver) => ({
      describeKey: async (call) => ({ ...(await driver.describeKey(call)), currentVersion: '9' }),
    }),
  }
  expect(line(await examined(lagging), 'versions')?.result).toBe('warning')
})

test('no key and no credential shows in what is found out', async () => {
  const drawn: Uint8Array[] = []
  const watched: MemoryFault = {
    service: ({ faults }) => void faults.add('leaky-error'),
    driver: (driver) => ({
      wrapKey: (request) => {
        drawn.push(request.dataKey.slice())
        return driver.wrapKey(request)
      },
    }),
  }
  const text = JSON.stringify([await examined(watched), await examined()])
  for (const key of drawn) expect(text).not.toContain(Buffer.from(key).toString('base64'))
  expect(text).not.toContain('memory-token')
})

test('the command examines several keys and ends with the code of what failed', async () => {
  const place = await newPlace('a')
  const good = await succeed(place.run('doctor', 'local://a', '--json'))
  expect(good.document).toMatchObject({ key: 'local://a', status: 'healthy' })
  expect(results({ ...(good.document as Examination) })).toEqual({
    ...healthy,
    generate: 'not checked',
    rewrap: 'not checked',
    'wrap authenticity': 'ok',
  })
  const mixed = await place.run('doctor', 'local://a', 'local://missing', '--json')
  expect(mixed.code).toBe(4)
  expect(mixed.documents.map(({ status }) => status)).toEqual(['healthy', 'failing'])
})

test('without a URI the keys of the keyring are examined, and without those it is a mistake', async () => {
  const place = await newPlace('a')
  expect((await place.run('doctor')).code).toBe(2)
  await succeed(place.run('init', '--key', 'local://a'))
  const { stdout } = await succeed(place.run('doctor'))
  expect(stdout).toContain('local://a: nothing failed')
  expect(stdout).toContain('keyring default: seals')
})

test.each([
  ['a time that is none', ['local://a', '--timeout', 'soon']],
  ['a name that is no key', ['orders']],
])('%s is refused with exit code 2', async (_, args) => {
  const place = await newPlace('a')
  expect((await place.run('doctor', ...args)).code).toBe(2)
})

test('a key of a module that the config file names is examined too', async () => {
  const place = await newPlace()
  const fixture = new URL('./memory-kek.ts', import.meta.url).href
  const provider = `import { refusing, memoryKek } from '${fixture}'
export const memory = Object.assign(() => {}, { scheme: 'memory', fromUri: () => memoryKek(refusing('unwrapKey', 'Forbidden')) })`
  await writeFile(place.at('memory.mjs'), provider)
  const config = {
    keyrings: { default: { seal: ['memory://first'] } },
    providers: { memory: './memory.mjs' },
  }
  await writeFile(place.at('keywright.config.json'), JSON.stringify(config))
  const ended = await place.run('doctor', 'memory://first', '--json')
  expect(ended.code).toBe(4)
  const unwrap = line(ended.document as Examination, 'unwrap')
  expect(unwrap).toMatchObject({ result: 'failed', code: 'access-denied', provedBy: ['unwrapKey'] })
})

test('a key manager that never connects does not keep the command from its end', async () => {
  const place = await newPlace()
  const provider = `export const hang = Object.assign(() => {}, { scheme: 'hang', fromUri: (uri) => ({
  scheme: 'hang', uri,
  connect: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  close: () => new Promise(() => { setInterval(() => {}, 1000) }),
}) })`
  await writeFile(place.at('hang.mjs'), provider)
  const config = { keyrings: { default: { seal: ['hang://k'] } }, providers: { hang: './hang.mjs' } }
  await writeFile(place.at('keywright.config.json'), JSON.stringify(config))
  const ended = await place.run('doctor', 'hang://k', '--timeout', '1', '--json')
  expect(ended.code).toBe(4)
  expect(line(ended.document as Examination, 'reachable')?.result).toBe('failed')
})
