import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { type KekDriver, KeywrightError } from '../src/index.ts'
import { codeOf, errorOf, outcomeOf } from './outcome.ts'
import { scriptedAlgorithm, scriptedKek, unwrapRequest, wrapRequest } from './scripted-kek.ts'

const secret = 'hunter2-token'

/** What a service's client throws: secrets in the message, in fields, in its cause. */
function leakyError(): Error {
  const cause = Object.assign(new Error(secret), { dataKey: Buffer.from(secret) })
  return Object.assign(new Error(`request with ${secret} failed`, { cause }), {
    config: { headers: { authorization: secret } },
    code: 'Throttled',
  })
}

test('a KEK connects once, however often and concurrently it is used', async () => {
  let connects = 0
  const kek = scriptedKek()
  const counted = scriptedKek({
    definition: {
      connect: async () => {
        connects++
        return { ...(await driverOf()), keyRef: 'script' }
      },
    },
  })
  await Promise.all(Array.from({ length: 100 }, () => counted.wrapKey(wrapRequest())))
  await counted.connect()
  expect(connects).toBe(1)
  expect(kek.uri).toBe('scripted://script')
})

/** A driver of its own. */
async function driverOf(): Promise<KekDriver> {
  return {
    keyRef: 'script',
    capabilities: (await scriptedKek().connect()).capabilities,
    wrapKey: async () => ({ wrapped: new Uint8Array(60), algorithm: scriptedAlgorithm }),
    unwrapKey: async () => ({ dataKey: new Uint8Array(32).fill(1) }),
    describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
    close: async () => {},
  }
}

test('nothing is connected before the first use', async () => {
  let connects = 0
  const kek = scriptedKek({
    definition: {
      connect: async () => {
        connects++
        return driverOf()
      },
    },
  })
  await kek.close()
  expect(connects).toBe(0)
})

test('a connection that failed may be tried again', async () => {
  let connects = 0
  const kek = scriptedKek({
    definition: {
      connect: async () => {
        connects++
        if (connects === 1) throw new Error('no route')
        return driverOf()
      },
      classify: () => ({ code: 'unavailable' }),
    },
  })
  const error = await errorOf(kek.wrapKey(wrapRequest()))
  expect([error.code, error.details.operation]).toEqual(['unavailable', 'connect'])
  expect(await outcomeOf(kek.wrapKey(wrapRequest()))).toBe('ok')
  expect(connects).toBe(2)
})

test('one service code is classified by the operation', async () => {
  const thrown = async (): Promise<never> => {
    throw new Error('InvalidRequest')
  }
  const kek = scriptedKek({
    driver: { wrapKey: thrown, unwrapKey: thrown },
    definition: {
      classify: (_, { operation }) => ({
        code: operation === 'unwrapKey' ? 'unwrap-failed' : 'invalid-argument',
        requestId: 'r-1',
        retryAfterMs: 250,
      }),
    },
  })
  const onWrap = await errorOf(kek.wrapKey(wrapRequest()))
  const onUnwrap = await errorOf(kek.unwrapKey(unwrapRequest()))
  expect([onWrap.code, onUnwrap.code]).toEqual(['invalid-argument', 'unwrap-failed'])
  expect(onWrap.details).toEqual({
    provider: 'scripted',
    operation: 'wrapKey',
    key: 'scripted://script',
    requestId: 'r-1',
    retryAfterMs: 250,
  })
})

test('nothing of a raw error leaves, by any way of looking', async () => {
  const kek = scriptedKek({
    driver: {
      wrapKey: async () => {
        throw leakyError()
      },
      unwrapKey: () => {
        throw leakyError()
      },
      describeKey: async () => {
        throw leakyError()
      },
      close: async () => {
        throw leakyError()
      },
    },
  })
  const errors = [
    await errorOf(kek.wrapKey(wrapRequest())),
    await errorOf(kek.unwrapKey(unwrapRequest())),
    await errorOf(kek.describeKey()),
    await errorOf(kek.close()),
  ]
  for (const error of errors) {
    expect(error.cause).toBeUndefined()
    const looks = [
      inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
      JSON.stringify(error),
      String(error),
      error.stack ?? '',
    ]
    for (const look of looks) expect(look.includes(secret)).toBe(false)
  }
})

test('an error of ours that a driver throws keeps its code and loses its cause', async () => {
  const thrown = new KeywrightError('key-disabled', 'disabled', { requestId: 'r-2' })
  thrown.cause = leakyError()
  const kek = scriptedKek({
    driver: {
      wrapKey: async () => {
        throw thrown
      },
    },
  })
  const error = await errorOf(kek.wrapKey(wrapRequest()))
  expect([error.code, error.details.requestId, error.cause]).toEqual(['key-disabled', 'r-2', undefined])
})

test('a classification that fails itself is an unknown error, and leaks nothing', async () => {
  const kek = scriptedKek({
    driver: {
      wrapKey: async () => {
        throw leakyError()
      },
    },
    definition: {
      classify: (error) => {
        throw error
      },
    },
  })
  const error = await errorOf(kek.wrapKey(wrapRequest()))
  expect([error.code, inspect(error).includes(secret)]).toEqual(['unknown', false])
})

/** A driver call that ends when the test says so. */
function pending<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve = (_: T): void => {}
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil
  })
  return { promise, resolve }
}

test('a call that was aborted before it began reaches no driver', async () => {
  let calls = 0
  const kek = scriptedKek({
    driver: {
      unwrapKey: async () => {
        calls++
        return { dataKey: new Uint8Array(32) }
      },
    },
  })
  const signal = AbortSignal.abort()
  expect(await codeOf(kek.unwrapKey({ ...unwrapRequest(), signal }))).toBe('aborted')
  expect(calls).toBe(0)
})

test('an abort lets the caller go although the client cannot be cancelled, and a late key is wiped', async () => {
  const { promise, resolve } = pending<{ dataKey: Uint8Array }>()
  const { promise: called, resolve: nowCalled } = pending<void>()
  const kek = scriptedKek({
    driver: {
      unwrapKey: () => {
        nowCalled()
        return promise
      },
    },
  })
  const abort = new AbortController()
  const code = codeOf(kek.unwrapKey({ ...unwrapRequest(), signal: abort.signal }))
  await called
  abort.abort()
  expect(await code).toBe('aborted')
  const late = { dataKey: new Uint8Array(32).fill(1) }
  resolve(late)
  await promise
  await Promise.resolve()
  expect(late.dataKey).toEqual(new Uint8Array(32))
})

test('one caller that gives up while connecting does not fail the others', async () => {
  const { promise, resolve } = pending<KekDriver>()
  const kek = scriptedKek({ definition: { connect: () => promise } })
  const abort = new AbortController()
  const first = codeOf(kek.wrapKey({ ...wrapRequest(), signal: abort.signal }))
  const second = outcomeOf(kek.wrapKey(wrapRequest()))
  abort.abort()
  expect(await first).toBe('aborted')
  resolve(await driverOf())
  expect(await second).toBe('ok')
})

test('the signal reaches the driver', async () => {
  let seen: AbortSignal | undefined
  const kek = scriptedKek({
    driver: {
      wrapKey: async ({ signal }) => {
        seen = signal
        return { wrapped: new Uint8Array(60), algorithm: scriptedAlgorithm }
      },
    },
  })
  const { signal } = new AbortController()
  await kek.wrapKey({ ...wrapRequest(), signal })
  expect(seen).toBe(signal)
})

test('every call after close is refused, and close is called once', async () => {
  let closes = 0
  const kek = scriptedKek({
    driver: {
      close: async () => {
        closes++
      },
    },
  })
  await kek.connect()
  await Promise.all([kek.close(), kek.close()])
  expect(closes).toBe(1)
  const calls = [
    kek.connect(),
    kek.owns('script'),
    kek.wrapKey(wrapRequest()),
    kek.unwrapKey(unwrapRequest()),
    kek.describeKey(),
  ]
  for (const call of calls) expect(await codeOf(call)).toBe('configuration')
})

test('closing waits for no connection, refuses who does, and closes the driver that comes late', async () => {
  const { promise, resolve } = pending<KekDriver>()
  let closed = false
  let signal: AbortSignal | undefined
  const kek = scriptedKek({
    definition: {
      connect: (_, call) => {
        signal = call.signal
        return promise
      },
    },
  })
  const waiting = codeOf(kek.connect())
  await kek.close()
  expect([await waiting, signal?.aborted, closed]).toEqual(['configuration', true, false])
  const close = async (): Promise<void> => {
    closed = true
  }
  resolve({ ...(await driverOf()), close })
  await promise
  await Promise.resolve()
  await Promise.resolve()
  expect(closed).toBe(true)
})

const generate: Partial<KekDriver> = {
  generateDataKey: async () => ({
    dataKey: new Uint8Array(32).fill(1),
    wrapped: new Uint8Array(60),
    algorithm: scriptedAlgorithm,
  }),
}
const rewrap: Partial<KekDriver> = {
  rewrapKey: async () => ({ wrapped: new Uint8Array(60), algorithm: scriptedAlgorithm }),
}

for (const [what, script, field] of [
  ['generation declared and missing', { capabilities: { generatesDataKeys: true } }, 'generatesDataKeys'],
  ['generation there and not declared', { driver: generate }, 'generatesDataKeys'],
  ['rewrapping declared and missing', { capabilities: { serverSideRewrap: true } }, 'serverSideRewrap'],
  ['rewrapping there and not declared', { driver: rewrap }, 'serverSideRewrap'],
  ['no algorithm', { capabilities: { algorithms: [] } }, 'algorithms'],
  ['an empty reference', { driver: { keyRef: '' } }, 'keyRef'],
  ['a reference of 2,049 bytes', { driver: { keyRef: 'r'.repeat(2049) } }, 'keyRef'],
] as const) {
  test(`${what} is a mistake of the provider, found on connection`, async () => {
    const error = await errorOf(scriptedKek(script).connect())
    expect([error.code, error.details.field]).toEqual(['configuration', field])
  })
}

test('an operation that is not there is unsupported', async () => {
  const kek = scriptedKek()
  expect(await codeOf(kek.generateDataKey({ context: wrapRequest().context }))).toBe('unsupported')
  expect(await codeOf(kek.rewrapKey(unwrapRequest()))).toBe('unsupported')
})
