import type { Kek } from '@keywright/core'
import type { FaultRule } from '@keywright/emulators'
import { afterEach, describe, expect, test } from 'vitest'
import { classifyAzureError } from '../src/error-codes.ts'
import {
  type AzureScene,
  azureScene,
  context,
  dataKey,
  failureOf,
  type Slot,
  wrapped,
} from './azure-scene.ts'

let scene: AzureScene | undefined

afterEach(async () => {
  await scene?.close()
  scene = undefined
})

/** What is done between a good wrap and the call that fails; no row is retried. */
type Change = (scene: AzureScene) => Promise<unknown> | unknown

interface Row {
  readonly said: string
  readonly change: Change
  readonly wrap?: string
  readonly unwrap?: string
}

const fault =
  (rule: FaultRule): Change =>
  ({ emulator }) =>
    void emulator.faults.add(rule)

const anHour = 3_600_000

/** What the service says to a key that worked, by operation. */
const rows: readonly Row[] = [
  { said: '429', change: fault({ fault: { kind: 'throttle' } }), wrap: 'throttled', unwrap: 'throttled' },
  {
    said: '503',
    change: fault({ fault: { kind: 'unavailable' } }),
    wrap: 'unavailable',
    unwrap: 'unavailable',
  },
  {
    said: '401 to a token',
    change: fault({ fault: { kind: 'unauthenticated' } }),
    wrap: 'unauthenticated',
    unwrap: 'unauthenticated',
  },
  {
    said: '403 for want of a role',
    change: ({ emulator }) => emulator.grants.limit('emulator', []),
    wrap: 'access-denied',
    unwrap: 'access-denied',
  },
  {
    said: '403 KeyDisabled',
    change: ({ keys }) => keys.updateKeyProperties('orders', { enabled: false }),
    wrap: 'key-disabled',
    unwrap: 'key-disabled',
  },
  {
    said: '403 for a key that has expired',
    change: ({ keys }) => keys.updateKeyProperties('orders', { expiresOn: new Date(Date.now() - anHour) }),
    wrap: 'key-disabled',
  },
  {
    said: '403 for a key that is not yet valid',
    change: ({ keys }) => keys.updateKeyProperties('orders', { notBefore: new Date(Date.now() + anHour) }),
    wrap: 'key-disabled',
  },
  {
    said: '403 KeyOperationForbidden',
    change: ({ keys }) => keys.updateKeyProperties('orders', { keyOps: ['sign'] }),
    wrap: 'access-denied',
    unwrap: 'access-denied',
  },
  {
    said: '404 for a deleted key',
    change: ({ keys }) => keys.beginDeleteKey('orders'),
    wrap: 'key-not-found',
    unwrap: 'key-not-found',
  },
  {
    said: '404 for a purged key',
    change: async ({ keys }) => {
      await keys.beginDeleteKey('orders')
      await keys.purgeDeletedKey('orders')
    },
    wrap: 'key-not-found',
    unwrap: 'key-not-found',
  },
  {
    said: '404 for a version of a key that was made anew',
    change: async ({ keys, emulator }) => {
      await keys.beginDeleteKey('orders')
      await keys.purgeDeletedKey('orders')
      await keys.createKey('orders', emulator.name === 'azure-key-vault' ? 'RSA' : 'oct-HSM')
    },
    unwrap: 'key-version-retired',
  },
  {
    said: '403 KeyDisabled for an old version',
    change: async ({ keys }) => {
      const { properties } = await keys.getKey('orders')
      await keys.rotateKey('orders')
      await keys.updateKeyProperties('orders', properties.version ?? '', { enabled: false })
    },
    unwrap: 'key-version-retired',
  },
  {
    said: 'an error of an unknown name',
    change: fault({ fault: { kind: 'nonsense' } }),
    wrap: 'unknown',
    unwrap: 'unknown',
  },
  {
    said: 'a reset connection',
    change: fault({ fault: { kind: 'reset' } }),
    wrap: 'unavailable',
    unwrap: 'unavailable',
  },
  {
    said: 'bytes that are not the protocol',
    change: fault({ fault: { kind: 'garbage' } }),
    wrap: 'invalid-response',
    unwrap: 'invalid-response',
  },
  {
    said: 'half an answer',
    change: fault({ fault: { kind: 'half-answer' } }),
    wrap: 'unavailable',
    unwrap: 'unavailable',
  },
  {
    said: 'nothing, for it is gone',
    change: ({ emulator }) => emulator.close(),
    wrap: 'unavailable',
    unwrap: 'unavailable',
  },
]

const calls = {
  wrap: (kek: Kek) => kek.wrapKey({ dataKey, context }),
  unwrap: (kek: Kek, slot: Slot) => kek.unwrapKey(slot),
} as const

describe.each(['RSA', 'oct-HSM'] as const)('%s', (type) => {
  const expected = rows.flatMap(({ said, change, wrap, unwrap }) => [
    ...(wrap === undefined ? [] : [{ said, change, call: 'wrap' as const, code: wrap }]),
    ...(unwrap === undefined ? [] : [{ said, change, call: 'unwrap' as const, code: unwrap }]),
  ])

  test.each(expected)('$said on $call is $code', async ({ change, call, code }) => {
    scene = await azureScene(type)
    const kek = scene.kek()
    const slot = await wrapped(kek)
    await change(scene)
    expect((await failureOf(calls[call](kek, slot))).code).toBe(code)
  })

  test.each([
    ['a changed byte', (bytes: Uint8Array) => bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte))],
    ['a byte less', (bytes: Uint8Array) => bytes.slice(1)],
    ['a byte more', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0])],
  ])('%s is unwrap-failed', async (_, change) => {
    scene = await azureScene(type)
    const kek = scene.kek()
    const slot = await wrapped(kek)
    const failure = await failureOf(kek.unwrapKey({ ...slot, wrapped: change(slot.wrapped) }))
    expect(failure.code).toBe('unwrap-failed')
  })

  test('another version of the key is unwrap-failed', async () => {
    scene = await azureScene(type)
    const kek = scene.kek()
    const slot = await wrapped(kek)
    const { properties } = await scene.keys.rotateKey('orders')
    const failure = await failureOf(kek.unwrapKey({ ...slot, keyVersion: properties.version ?? '' }))
    expect(failure.code).toBe('unwrap-failed')
  })
})

test('another context is unwrap-failed where it is bound natively', async () => {
  scene = await azureScene('oct-HSM')
  const kek = scene.kek()
  const slot = await wrapped(kek)
  const other = { ...context, digest: new Uint8Array(32).fill(2) }
  expect((await failureOf(kek.unwrapKey({ ...slot, context: other }))).code).toBe('unwrap-failed')
})

test('a bad request on wrap is invalid-argument', async () => {
  scene = await azureScene('oct-HSM')
  const failure = await failureOf(wrapped(scene.kek({ algorithm: 'RSA-OAEP-256' })))
  expect(failure.code).toBe('invalid-argument')
})

test('Retry-After reaches the record, in milliseconds', async () => {
  scene = await azureScene()
  const kek = scene.kek()
  await kek.connect()
  scene.emulator.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 7 } })
  expect((await failureOf(wrapped(kek))).details.retryAfterMs).toBe(7_000)
})

test('a key that wraps nothing is unsupported', async () => {
  scene = await azureScene('EC')
  expect((await failureOf(scene.kek().connect())).code).toBe('unsupported')
})

test('a key that may not be read is access-denied, and the option that does without is named', async () => {
  scene = await azureScene('RSA')
  scene.emulator.grants.limit('emulator', ['Microsoft.KeyVault/vaults/keys/wrap/action'])
  const failure = await failureOf(scene.kek().connect())
  expect([failure.code, failure.details.field]).toEqual(['access-denied', 'algorithm'])
})

test('a certificate that nobody trusts is configuration', async () => {
  scene = await azureScene('RSA')
  expect((await failureOf(scene.kek({ tls: undefined }).connect())).code).toBe('configuration')
})

test('a token for another service is unauthenticated', async () => {
  scene = await azureScene('RSA')
  const token = scene.emulator.token({ audience: 'https://management.azure.com/' })
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + anHour }) }
  expect((await failureOf(scene.kek({ credential }).connect())).code).toBe('unauthenticated')
})

test('a credential chain that finds nothing is unauthenticated', async () => {
  scene = await azureScene('RSA')
  const { ChainedTokenCredential, EnvironmentCredential } = await import('@azure/identity')
  const credential = new ChainedTokenCredential(new EnvironmentCredential())
  expect((await failureOf(scene.kek({ credential }).connect())).code).toBe('unauthenticated')
})

test('a certificate of a credential that is not there is unauthenticated, and no outage', async () => {
  scene = await azureScene('RSA')
  const { ClientCertificateCredential } = await import('@azure/identity')
  const tenant = '11111111-1111-4111-8111-111111111111'
  const anyTenant = { additionallyAllowedTenants: ['*'] }
  const file = '/nonexistent/certificate.pem'
  const credential = new ClientCertificateCredential(tenant, 'app', file, anyTenant)
  expect((await failureOf(scene.kek({ credential }).connect())).code).toBe('unauthenticated')
})

test('a challenge for a service that the host is not part of is configuration', async () => {
  scene = await azureScene('RSA')
  const { KeyClient } = await import('@azure/keyvault-keys')
  const options = { ...scene.clientOptions(), disableChallengeResourceVerification: false }
  const keys = new KeyClient(scene.emulator.url, scene.credential, options)
  const client = { keys, cryptography: () => scene?.sdkClient() ?? fail() }
  expect((await failureOf(scene.kek({ client }).connect())).code).toBe('configuration')
})

function fail(): never {
  throw new Error('no scene')
}

/** Errors of the library for which no server here can be the cause. */
test.each([
  [
    'KeyDisabled as the outer code',
    { name: 'RestError', code: 'KeyDisabled', statusCode: 403 },
    'key-disabled',
  ],
  ['408', { name: 'RestError', statusCode: 408 }, 'timeout'],
  ['500', { name: 'RestError', statusCode: 500 }, 'unavailable'],
  ['502', { name: 'RestError', statusCode: 502 }, 'unavailable'],
  ['504', { name: 'RestError', statusCode: 504 }, 'timeout'],
  ['413', { name: 'RestError', statusCode: 413 }, 'invalid-argument'],
  ['no such host', { name: 'RestError', code: 'ENOTFOUND' }, 'unavailable'],
  ['a connection that times out', { name: 'RestError', code: 'ETIMEDOUT' }, 'timeout'],
  ['a certificate that is out of date', { name: 'RestError', code: 'CERT_HAS_EXPIRED' }, 'configuration'],
  ['an abort', { name: 'AbortError' }, 'aborted'],
  ['a string', 'teapot', 'unknown'],
  ['nothing', undefined, 'unknown'],
] as const)('%s is classified', (_, error, code) => {
  expect(classifyAzureError(error, { operation: 'wrapKey' }).code).toBe(code)
})

test('a token refused by status 400 is unauthenticated on unwrap too', () => {
  const error = { name: 'AuthenticationError', statusCode: 400 }
  expect(classifyAzureError(error, { operation: 'unwrapKey' }).code).toBe('unauthenticated')
})

test('Retry-After as a date is the time until then', () => {
  const headers = new Map([['retry-after', new Date(Date.now() - anHour).toUTCString()]])
  const error = { name: 'RestError', statusCode: 503, response: { headers } }
  expect(classifyAzureError(error, { operation: 'wrapKey' }).retryAfterMs).toBe(0)
})
