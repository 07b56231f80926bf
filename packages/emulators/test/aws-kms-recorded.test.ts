import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { awsKmsEmulator } from '../src/index.ts'
import { differences, recordedAs } from './aws-kms-differences.ts'
import type { Place } from './aws-kms-situation.ts'
import { situations } from './aws-kms-situations.ts'
import { callKms } from './aws-kms-wire.ts'

const emulator = await awsKmsEmulator()
afterAll(() => emulator.close())

const call: Place['call'] = (operation, members, region) =>
  callKms(operation, members, { ...emulator, ...(region === undefined ? {} : { region }) })
const place: Place = {
  emulator,
  call,
  newKey: async (members = {}) => {
    const { body } = await call('CreateKey', members)
    return (body['KeyMetadata'] as { Arn: string }).Arn
  },
  encrypt: async (KeyId, EncryptionContext = {}) => {
    const Plaintext = Buffer.from("I'm a secret message!").toString('base64')
    return String((await call('Encrypt', { KeyId, Plaintext, EncryptionContext })).body['CiphertextBlob'])
  },
}

/** The headers of every recorded answer, of successes and refusals alike. */
const headers = {
  'cache-control': 'no-cache, no-store, must-revalidate, private',
  'content-type': 'application/x-amz-json-1.1',
  expires: '0',
  pragma: 'no-cache',
}

/** Names of keys, aliases and users are the emulator's own. */
const masked = (text: unknown): string =>
  String(text)
    .replace(/arn:aws:kms:[a-z0-9-]+:\d+:key\/[0-9a-z-]+/g, 'KEY')
    .replace(/arn:aws:kms:[a-z0-9-]+:\d+:alias\/\w+/g, 'ALIAS')
    .replace(/arn:aws:iam::\d+:user\/\w+/g, 'USER')
    .replace(/eu-west-1/g, 'REGION')

test.each(situations)('answers as the service was seen to: $situation ($strength)', async (row) => {
  const answer = await row.ask(place)
  expect([answer.status, Object.keys(answer.body)]).toEqual([row.status, row.members])
  expect(answer.body['__type']).toBe(row.code)
  const text = answer.body['message'] ?? answer.body['Message']
  expect(text === undefined ? undefined : masked(text)).toBe(row.message)
  expect(Object.fromEntries(answer.headers)).toMatchObject(headers)
  expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  for (const absent of ['x-amzn-errortype', 'retry-after', 'x-amz-crc32']) {
    expect(answer.headers.has(absent)).toBe(false)
  }
  expect(answer.text).toBe(JSON.stringify(answer.body))
})

test('a refused ciphertext is answered with the 39 bytes that were recorded', async () => {
  const { text } = await call('Decrypt', { CiphertextBlob: Buffer.from('malformed').toString('base64') })
  expect(text).toBe('{"__type":"InvalidCiphertextException"}')
  expect(text.length).toBe(39)
})

test('a ciphertext has the layout of the recorded ones, the id of the key material in it', async () => {
  const blob = Buffer.from(await place.encrypt(await place.newKey()), 'base64')
  // 21 bytes gave 173 in both recordings of 2026.
  expect(blob.length).toBe(173)
  expect(blob.toString('hex', 0, 5)).toBe('0102020078')
  const { body } = await call('Decrypt', { CiphertextBlob: blob.toString('base64') })
  expect(blob.toString('hex', 5, 37)).toBe(body['KeyMaterialId'])
  const { body: generated } = await call('GenerateDataKey', { KeyId: body['KeyId'], NumberOfBytes: 32 })
  expect(Buffer.from(String(generated['CiphertextBlob']), 'base64').length).toBe(184)
})

interface Recorded {
  readonly situation: string
  readonly strength: string
  readonly request: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  readonly response: { readonly status: number; readonly body: string | null }
}

const file = join(import.meta.dirname, '../../../../shared/reference/recorded/aws-kms.json')
const raw = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[]) : []
/** Raw bodies whose service has changed since, by what they miss. */
const outdated = (answer: string): boolean =>
  answer.includes('KeyOrigin') && !answer.includes('KeyMaterialId')

if (raw.length > 0) {
  test('every recording beside the project is a row, or stands among the differences', () => {
    const rows = new Set([...situations, ...differences].map(({ situation }) => situation))
    const missing = raw
      .map(({ situation }) => situation)
      .filter((name) => !rows.has(recordedAs[name] ?? name))
    expect(missing).toEqual([])
  })

  test('every raw body beside the project has the members, their order and the lengths of the emulator', async () => {
    const key = await place.newKey()
    await call('CreateAlias', { AliasName: 'alias/recorded', TargetKeyId: key })
    let compared = 0
    for (const { request, response } of raw) {
      const { body: recorded } = response
      const operation = request.headers?.['X-Amz-Target']?.split('.')[1]
      if (
        recorded === null ||
        !request.body?.startsWith('{') ||
        operation === undefined ||
        outdated(recorded)
      )
        continue
      const shape = JSON.parse(recorded) as Record<string, string>
      const asked = JSON.parse(request.body) as Record<string, string>
      const members = operation === 'Encrypt' ? { ...asked, KeyId: 'alias/recorded' } : asked
      if (response.status === 200 && operation === 'Decrypt')
        members['CiphertextBlob'] = await place.encrypt(key)
      const answer = await call(operation, members)
      expect(answer.status).toBe(response.status)
      expect(Object.keys(answer.body)).toEqual(Object.keys(shape))
      for (const [name, value] of Object.entries(answer.body)) {
        if (name === 'KeyId') continue
        expect(String(value).length, name).toBe(shape[name]?.length)
      }
      compared++
    }
    expect(compared).toBeGreaterThanOrEqual(8)
  })
}

test('no situation stands twice, and what differs from the recordings has its reason', () => {
  const named = [...situations, ...differences].map(({ situation }) => situation)
  expect(new Set(named).size).toBe(named.length)
  expect(differences.filter(({ reason }) => reason === '')).toEqual([])
})
