import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DisableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { isKeywrightError } from '@keywright/core'
import type { Fault } from '@keywright/emulators'
import { expect, onTestFinished, test } from 'vitest'
import { awsKms } from '../src/index.ts'
import { codeOf, context, dataKey, otherContext, type RunningKms, runningKms, slotOf } from './running-kms.ts'

/** Asks a KEK for a wrap, then for an unwrap of something it wrapped before, and gives both codes. */
async function codesAfter(
  spoil: (kms: RunningKms, key: string) => Promise<unknown> | unknown,
): Promise<string[]> {
  const kms = await runningKms()
  const key = await kms.newKey()
  const kek = kms.kek({ key })
  const slot = await slotOf(kek)
  await spoil(kms, key)
  return [await codeOf(kek.wrapKey({ dataKey, context })), await codeOf(kek.unwrapKey({ ...slot, context }))]
}

const told =
  (fault: Fault) =>
  ({ faults }: RunningKms): unknown =>
    faults.add({ fault })

test.each<[string, string, Parameters<typeof codesAfter>[0]]>([
  ['a disabled key', 'key-disabled', ({ admin }, KeyId) => admin.send(new DisableKeyCommand({ KeyId }))],
  [
    'a key pending deletion',
    'key-destroyed',
    ({ admin }, KeyId) => admin.send(new ScheduleKeyDeletionCommand({ KeyId })),
  ],
  [
    'no permission',
    'access-denied',
    ({ grants, environment }) => grants.limit(environment['AWS_ACCESS_KEY_ID'] ?? '', []),
  ],
  ['throttling', 'throttled', told({ kind: 'throttle' })],
  ['an internal error', 'unavailable', told({ kind: 'unavailable' })],
  ['unknown credentials', 'unauthenticated', told({ kind: 'unauthenticated' })],
  ['an error of no known name', 'unknown', told({ kind: 'nonsense' })],
  ['a connection that is reset', 'unavailable', told({ kind: 'reset' })],
  ['an answer that ends in its middle', 'unavailable', told({ kind: 'half-answer' })],
  ['bytes that are not the protocol', 'invalid-response', told({ kind: 'garbage' })],
  ['a server that is gone', 'unavailable', ({ close }) => close()],
])('wrap and unwrap, by what the emulator really sends: %s is %s', async (_, code, spoil) => {
  expect(await codesAfter(spoil)).toEqual([code, code])
})

test.each([
  [
    'an unknown key',
    'key-not-found',
    async ({ newKey, kek }: RunningKms) => kek({ key: (await newKey()).replace(/.{12}$/, '000000000000') }),
  ],
  ['an unknown alias', 'key-not-found', async ({ kek }: RunningKms) => kek({ key: 'alias/none' })],
  [
    'a key pending import',
    'key-disabled',
    async ({ newKey, kek }: RunningKms) => kek({ key: await newKey({ Origin: 'EXTERNAL' }) }),
  ],
  [
    'a key of another usage',
    'invalid-argument',
    async ({ newKey, kek }: RunningKms) =>
      kek({ key: await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }) }),
  ],
  [
    'a key of another spec',
    'unsupported',
    async ({ newKey, kek }: RunningKms) => kek({ key: await newKey({ KeySpec: 'RSA_2048' }) }),
  ],
  [
    'another secret',
    'unauthenticated',
    async ({ newKey, kek, url }: RunningKms) => {
      const credentials = { accessKeyId: 'KEYWRIGHTEMULATORKEY', secretAccessKey: 'wrong' }
      return kek({
        key: await newKey(),
        client: new KMSClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 }),
      })
    },
  ],
  [
    'credentials that have ended',
    'unauthenticated',
    async ({ newKey, kek, client }: RunningKms) => {
      const ended = { accessKeyId: 'T', secretAccessKey: 's', sessionToken: 't', expiresAt: new Date(0) }
      return kek({ key: await newKey(), client: client(ended) })
    },
  ],
])('a wrap, by what the emulator really sends: %s is %s', async (_, code, make) => {
  const kek = await make(await runningKms())
  expect(await codeOf(kek.wrapKey({ dataKey, context }))).toBe(code)
})

test('every refusal of a ciphertext is unwrap-failed: altered, of another context, of another key', async () => {
  const { newKey, kek } = await runningKms()
  const mine = kek({ key: await newKey() })
  const slot = await slotOf(mine)
  const other = await slotOf(kek({ key: await newKey() }))
  const wrapped = slot.wrapped.map((byte, at) => (at === 60 ? byte ^ 1 : byte))
  const codes = [
    await codeOf(mine.unwrapKey({ ...slot, wrapped, context })),
    await codeOf(mine.unwrapKey({ ...slot, context: otherContext })),
    await codeOf(mine.unwrapKey({ ...other, reference: slot.reference, context })),
  ]
  expect(codes).toEqual(['unwrap-failed', 'unwrap-failed', 'unwrap-failed'])
})

/** A server that answers every request alike, for what no emulator has a reason to send. */
async function answering(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Promise<KMSClient> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' }
  const client = new KMSClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  return client
}

const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const slot = {
  wrapped: new Uint8Array(60),
  reference: key,
  keyVersion: '',
  algorithm: 'aws-kms.map',
  context,
}

test.each<[string, number, string | undefined, string, string]>([
  ['AccessDeniedException', 400, undefined, 'access-denied', 'access-denied'],
  ['NotFoundException', 400, undefined, 'key-not-found', 'key-not-found'],
  ['DisabledException', 400, undefined, 'key-disabled', 'key-disabled'],
  ['KMSInvalidStateException', 400, 'KEY is pending deletion.', 'key-destroyed', 'key-destroyed'],
  ['KMSInvalidStateException', 400, 'KEY is pending replica deletion.', 'key-destroyed', 'key-destroyed'],
  ['KMSInvalidStateException', 400, 'KEY is pending import.', 'key-disabled', 'key-disabled'],
  ['KMSInvalidStateException', 400, 'KEY is unavailable.', 'unavailable', 'unavailable'],
  ['InvalidCiphertextException', 400, undefined, 'unknown', 'unwrap-failed'],
  ['IncorrectKeyException', 400, undefined, 'unknown', 'unwrap-failed'],
  ['InvalidKeyUsageException', 400, undefined, 'invalid-argument', 'invalid-argument'],
  ['InvalidArnException', 400, undefined, 'invalid-argument', 'invalid-argument'],
  ['ValidationException', 400, undefined, 'invalid-argument', 'invalid-argument'],
  ['UnsupportedOperationException', 400, undefined, 'unsupported', 'unsupported'],
  ['ThrottlingException', 400, undefined, 'throttled', 'throttled'],
  ['LimitExceededException', 400, undefined, 'unknown', 'unknown'],
  ['KeyUnavailableException', 500, undefined, 'unavailable', 'unavailable'],
  ['KMSInternalException', 500, undefined, 'unavailable', 'unavailable'],
  ['DependencyTimeoutException', 503, undefined, 'timeout', 'timeout'],
  ['UnrecognizedClientException', 400, undefined, 'unauthenticated', 'unauthenticated'],
  ['InvalidSignatureException', 400, undefined, 'unauthenticated', 'unauthenticated'],
  ['IncompleteSignatureException', 400, undefined, 'unauthenticated', 'unauthenticated'],
  ['MissingAuthenticationTokenException', 403, undefined, 'unauthenticated', 'unauthenticated'],
  ['ExpiredTokenException', 400, undefined, 'unauthenticated', 'unauthenticated'],
  ['SomethingNewException', 400, undefined, 'unknown', 'unknown'],
  ['SomethingNewException', 429, undefined, 'throttled', 'throttled'],
  ['SomethingNewException', 502, undefined, 'unavailable', 'unavailable'],
])(
  '%s with status %i and %s is %s of a wrap, %s of an unwrap',
  async (name, status, message, ofWrap, ofUnwrap) => {
    const kek = awsKms({
      key,
      client: await answering(status, JSON.stringify({ __type: name, message })),
      resilience: false,
    })
    expect(await codeOf(kek.wrapKey({ dataKey, context }))).toBe(ofWrap)
    expect(await codeOf(kek.unwrapKey(slot))).toBe(ofUnwrap)
  },
)

test('an answer that is no JSON is invalid-response', async () => {
  const kek = awsKms({ key, client: await answering(200, '<html>hotel wifi</html>'), resilience: false })
  expect(await codeOf(kek.wrapKey({ dataKey, context }))).toBe('invalid-response')
})

test.each([
  [2, 2_000],
  [undefined, undefined],
])(
  'Retry-After of %s seconds reaches the record of a throttled call: %s ms',
  async (seconds, retryAfterMs) => {
    const { newKey, kek, faults } = await runningKms()
    const mine = kek({ key: await newKey() })
    faults.add({ fault: { kind: 'throttle', retryAfterSeconds: seconds } })
    const error: unknown = await mine.wrapKey({ dataKey, context }).catch((thrown: unknown) => thrown)
    expect(isKeywrightError(error, 'throttled') && error.details.retryAfterMs).toBe(retryAfterMs)
  },
)

test('a delay that is asked for, and the id of the request, are told', async () => {
  const body = JSON.stringify({ __type: 'ThrottlingException' })
  const client = await answering(400, body, { 'retry-after': '2', 'x-amzn-requestid': 'id-1' })
  const error: unknown = await awsKms({ key, client, resilience: false })
    .wrapKey({ dataKey, context })
    .catch((thrown: unknown) => thrown)
  expect(isKeywrightError(error, 'throttled') && error.details).toMatchObject({
    retryAfterMs: 2000,
    requestId: 'id-1',
  })
})
