import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { importDataKey } from '../src/body/derive.ts'
import { openBody } from '../src/body/whole.ts'
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
  if (vectors === undefined && process.env['CI'] === undefined)
    context.skip(`get them with: ${downloadCommand}`)
  expect(vectors, `get them with: ${downloadCommand}`).toHaveLength(35)
})

for (const vector of vectors ?? []) {
  test(`a whole body opens or fails as vector ${title(vector)}`, async () => {
    const opened = (async () =>
      openBody({ key: await importDataKey(vector.key), context: vector.context, body: vector.body }))()
    if (!vector.valid) {
      await expect(opened).rejects.toMatchObject({ code: expectedCode(vector) })
      return
    }
    const plaintext = await opened
    expect(plaintext.length).toBe(vector.messageBytes)
    expect(sha512(plaintext)).toBe(vector.messageSha512)
  })
}
