import { describe, expect, test } from 'vitest'
import type { KekDriver } from '../src/provider/contract.ts'
import { errorOf } from './outcome.ts'
import { scriptedAlgorithm, scriptedKek, unwrapRequest, wrapRequest } from './scripted-kek.ts'

type Answer = Awaited<ReturnType<KekDriver['unwrapKey']>> & Awaited<ReturnType<KekDriver['wrapKey']>>

/** An answer as careless code in JavaScript may give it. */
function careless(answer: unknown): () => Promise<Answer> {
  return async () => answer as Answer
}

const wrapped = new Uint8Array(60)
const algorithm = scriptedAlgorithm

const wraps: readonly (readonly [string, unknown, string])[] = [
  ['nothing', undefined, 'wrapped'],
  ['no wrapped key', { algorithm }, 'wrapped'],
  ['an empty wrapped key', { wrapped: new Uint8Array(0), algorithm }, 'wrapped'],
  ['8,193 bytes', { wrapped: new Uint8Array(8193), algorithm }, 'wrapped'],
  ['text', { wrapped: 'AAAA', algorithm }, 'wrapped'],
  ['no algorithm', { wrapped }, 'algorithm'],
  ['an algorithm that it does not declare', { wrapped, algorithm: 'other' }, 'algorithm'],
  ['an answered key of null', { wrapped, algorithm, answeredKey: null }, 'answeredKey'],
  ['an empty version', { wrapped, algorithm, keyVersion: '' }, 'keyVersion'],
  ['a version of null', { wrapped, algorithm, keyVersion: null }, 'keyVersion'],
  ['a version of 257 bytes', { wrapped, algorithm, keyVersion: 'v'.repeat(257) }, 'keyVersion'],
  ['a version that is not well-formed', { wrapped, algorithm, keyVersion: '\uD800' }, 'keyVersion'],
]

describe('a wrap that is answered with', () => {
  for (const [what, answer, field] of wraps) {
    test(`${what} is an invalid response`, async () => {
      const kek = scriptedKek({ driver: { wrapKey: careless(answer) } })
      const error = await errorOf(kek.wrapKey(wrapRequest()))
      expect([error.code, error.details.field]).toEqual(['invalid-response', field])
    })
  }
})

const dataKey = (): Uint8Array => new Uint8Array(32).fill(1)

const unwraps: readonly (readonly [string, () => unknown, string])[] = [
  ['nothing', () => undefined, 'dataKey'],
  ['no key', () => ({}), 'dataKey'],
  ['text', () => ({ dataKey: 'A'.repeat(32) }), 'dataKey'],
  ['no bytes', () => ({ dataKey: new Uint8Array(0) }), 'dataKey'],
  ['31 bytes', () => ({ dataKey: new Uint8Array(31) }), 'dataKey'],
  ['33 bytes that end in zero', () => ({ dataKey: new Uint8Array(33) }), 'dataKey'],
  ['a version of null', () => ({ dataKey: dataKey(), keyVersion: null }), 'keyVersion'],
]

describe('an unwrap that is answered with', () => {
  for (const [what, answer, field] of unwraps) {
    test(`${what} is an invalid response`, async () => {
      const kek = scriptedKek({ driver: { unwrapKey: careless(answer()) } })
      const error = await errorOf(kek.unwrapKey(unwrapRequest()))
      expect([error.code, error.details.field]).toEqual(['invalid-response', field])
    })
  }
})

// KW-TAB-12
test('an answer for another key than the one asked is a mismatch', async () => {
  const other = { wrapped, algorithm, dataKey: dataKey(), answeredKey: 'other' }
  const kek = scriptedKek({
    capabilities: { tellsKey: true },
    driver: { wrapKey: careless(other), unwrapKey: careless(other) },
  })
  expect((await errorOf(kek.wrapKey(wrapRequest()))).code).toBe('key-mismatch')
  expect((await errorOf(kek.unwrapKey(unwrapRequest()))).code).toBe('key-mismatch')
})

test('an answer of another version than the one asked is a mismatch', async () => {
  const kek = scriptedKek({
    capabilities: { tellsVersionOnUnwrap: true },
    driver: { unwrapKey: careless({ dataKey: dataKey(), keyVersion: '2' }) },
  })
  const error = await errorOf(kek.unwrapKey({ ...unwrapRequest(), keyVersion: '1' }))
  expect([error.code, error.details.field]).toEqual(['key-mismatch', 'keyVersion'])
})

test('what the service tells has to be told', async () => {
  const silent = { wrapped, algorithm, dataKey: dataKey() }
  for (const [capability, field] of [
    ['tellsKey', 'answeredKey'],
    ['tellsVersionOnWrap', 'keyVersion'],
  ] as const) {
    const kek = scriptedKek({ capabilities: { [capability]: true }, driver: { wrapKey: careless(silent) } })
    const error = await errorOf(kek.wrapKey(wrapRequest()))
    expect([error.code, error.details.field]).toEqual(['invalid-response', field])
  }
  const kek = scriptedKek({
    capabilities: { tellsVersionOnUnwrap: true },
    driver: { unwrapKey: careless({ dataKey: dataKey() }) },
  })
  expect((await errorOf(kek.unwrapKey(unwrapRequest()))).details.field).toBe('keyVersion')
})

test("the driver's own rule says which answers name the key", async () => {
  const alias = { wrapped, algorithm, answeredKey: 'alias-of-script' }
  const owns = (reference: string): boolean => reference.endsWith('script')
  const kek = scriptedKek({ capabilities: { tellsKey: true }, driver: { wrapKey: careless(alias), owns } })
  expect((await kek.wrapKey(wrapRequest())).answeredKey).toBe('alias-of-script')
})

test('a rule that trips over a reference says no', async () => {
  const owns = (): boolean => {
    throw new Error('not of my grammar')
  }
  const kek = scriptedKek({ driver: { owns } })
  expect(await kek.owns('../../etc')).toBe(false)
  expect((await errorOf(kek.unwrapKey(unwrapRequest()))).code).toBe('key-mismatch')
})

// KW-TAB-12
test('a slot of another key, algorithm or without its version never reaches the driver', async () => {
  let calls = 0
  const kek = scriptedKek({
    capabilities: { needsVersionToUnwrap: true },
    driver: {
      unwrapKey: async () => {
        calls++
        return { dataKey: dataKey() }
      },
    },
  })
  const request = { ...unwrapRequest(), keyVersion: '1' }
  expect((await errorOf(kek.unwrapKey({ ...request, reference: 'other' }))).code).toBe('key-mismatch')
  expect((await errorOf(kek.unwrapKey({ ...request, algorithm: 'other' }))).code).toBe('unsupported')
  expect((await errorOf(kek.unwrapKey({ ...request, keyVersion: '' }))).code).toBe('invalid-argument')
  expect(calls).toBe(0)
})

// KW-SEA-2
test('a generated key is checked like a wrapped and an unwrapped one', async () => {
  const generated = (answer: unknown): ReturnType<typeof scriptedKek> =>
    scriptedKek({
      capabilities: { generatesDataKeys: true, tellsVersionOnUnwrap: true },
      driver: { generateDataKey: careless(answer) },
    })
  const { context } = wrapRequest()
  const codeFor = async (answer: unknown): Promise<string> =>
    (await errorOf(generated(answer).generateDataKey({ context }))).code
  expect(await codeFor({ wrapped, algorithm, dataKey: new Uint8Array(31) })).toBe('invalid-response')
  expect(await codeFor({ algorithm, dataKey: dataKey() })).toBe('invalid-response')
  expect(await codeFor(undefined)).toBe('invalid-response')
  expect(await codeFor({ wrapped, algorithm, dataKey: dataKey(), answeredKey: 'other' })).toBe('key-mismatch')
  const kek = generated({ wrapped, algorithm, dataKey: dataKey() })
  expect((await kek.generateDataKey({ context })).dataKey).toEqual(dataKey())
})

test("the driver's bytes are zero-filled and the caller gets its own", async () => {
  const given = dataKey()
  const kek = scriptedKek({ driver: { unwrapKey: careless({ dataKey: given }) } })
  const { dataKey: taken } = await kek.unwrapKey(unwrapRequest())
  expect(given).toEqual(new Uint8Array(32))
  expect(taken).toEqual(dataKey())
})

test("the driver's bytes are zero-filled when its answer is refused", async () => {
  const given = dataKey()
  const kek = scriptedKek({ driver: { unwrapKey: careless({ dataKey: given, answeredKey: 'other' }) } })
  expect((await errorOf(kek.unwrapKey(unwrapRequest()))).code).toBe('key-mismatch')
  expect(given).toEqual(new Uint8Array(32))
})

test("a driver gets copies: it cannot change its caller's bytes, and keeps nothing", async () => {
  let kept: Uint8Array | undefined
  const kek = scriptedKek({
    driver: {
      wrapKey: async ({ dataKey: bytes, context }) => {
        kept = bytes
        bytes.fill(9)
        context.digest.fill(9)
        Object.assign(context.pairs, { tenant: 'b' })
        return { wrapped, algorithm }
      },
    },
  })
  const request = wrapRequest()
  await kek.wrapKey(request)
  expect(request).toEqual(wrapRequest())
  expect(kept).toEqual(new Uint8Array(32))
})
