import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { importDataKey } from '../src/body/derive.ts'
import { bodyRange } from '../src/body/range.ts'
import { openBodyStream } from '../src/body/streams.ts'
import { openBody, sealBody } from '../src/body/whole.ts'
import { cut, drain, memorySource } from './body-sources.ts'
import { type BodyVector, downloadCommand, findBodyVectors } from './wycheproof-vectors.ts'

const vectors = findBodyVectors()

function sha512(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('hex')
}

function title(vector: BodyVector): string {
  return `${vector.id}, ${vector.comment}`
}

/** Bodies that end inside the prefix, or without a last chunk of 16 bytes or more. */
const truncated = new Set([16, 17, 19, 20, 27, 28, 29, 30, 31])

function expectedCode(vector: BodyVector): string {
  if (vector.flags.has('InvalidKeySize')) return 'invalid-response'
  return truncated.has(vector.id) ? 'truncated' : 'authentication-failed'
}

test('the Wycheproof vectors for Cobblestone-256 are at hand', (context) => {
  if (vectors === undefined && process.env['CI'] !== 'true') context.skip(`get them with: ${downloadCommand}`)
  expect(vectors, `get them with: ${downloadCommand}`).toHaveLength(35)
})

function isRightMessage(vector: BodyVector, plaintext: Uint8Array): void {
  expect(plaintext.length).toBe(vector.messageBytes)
  expect(sha512(plaintext)).toBe(vector.messageSha512)
}

async function streamThrough(vector: BodyVector, pieceBytes: number): Promise<void> {
  const key = await importDataKey(vector.key)
  const stream = openBodyStream({ key, context: vector.context })
  const { released, error } = await drain(stream, cut(vector.body, pieceBytes))
  if (vector.valid) {
    expect(error).toBeUndefined()
    isRightMessage(vector, released)
    return
  }
  expect(error).toMatchObject({ code: expectedCode(vector) })
  expect(released.length).toBeLessThanOrEqual(vector.messageBytes)
  if (released.length > 0 && released.length === vector.messageBytes) isRightMessage(vector, released)
  await expect(stream.readable.getReader().read()).rejects.toBe(error)
}

for (const vector of vectors ?? []) {
  const name = title(vector)

  test(`a whole body opens or fails as vector ${name}`, async () => {
    const opened = (async () =>
      openBody({ key: await importDataKey(vector.key), context: vector.context, body: vector.body }))()
    if (vector.valid) isRightMessage(vector, await opened)
    else await expect(opened).rejects.toMatchObject({ code: expectedCode(vector) })
  })

  if (vector.flags.has('InvalidKeySize')) continue

  for (const pieceBytes of [1, 1000, 65_536, 8_388_608]) {
    if (pieceBytes === 1 && vector.body.length > 200_000) continue
    test(`a stream in pieces of ${pieceBytes} opens or fails as vector ${name}`, () =>
      streamThrough(vector, pieceBytes))
  }

  test(`ranges open or fail as vector ${name}`, async () => {
    const key = await importDataKey(vector.key)
    const source = memorySource(vector.body)
    const opening = bodyRange({ key, context: vector.context, source })
    if (vector.flags.has('HeaderFailure')) {
      await expect(opening).rejects.toMatchObject({ code: expectedCode(vector) })
      return
    }
    const whole = opening.then((reader) => reader.read(0, 2 ** 40))
    if (vector.valid) isRightMessage(vector, await whole)
    else await expect(whole).rejects.toMatchObject({ code: expectedCode(vector) })
    const size = opening.then((reader) => reader.size())
    if (vector.valid) expect(await size).toBe(vector.messageBytes)
    else if (vector.flags.has('ValidFinalChunk')) expect(await size).toBeGreaterThan(0)
    else await expect(size).rejects.toMatchObject({ code: expectedCode(vector) })
  })

  if (!vector.valid) continue

  test(`sealing with its salt gives the bytes of vector ${name}`, async () => {
    const key = await importDataKey(vector.key)
    const plaintext = await openBody({ key, context: vector.context, body: vector.body })
    const salt = vector.body.subarray(0, 24)
    const body = await sealBody({ key, context: vector.context, plaintext, salt })
    expect(sha512(body)).toBe(sha512(vector.body))
  })
}
