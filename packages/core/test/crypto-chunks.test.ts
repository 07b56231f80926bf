import { createCipheriv, createSecretKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { type ChunkRun, openChunks, sealChunks } from '../src/crypto/primitives.ts'
import { patterned } from './body-sources.ts'

const keyBytes = patterned(32)
const key = createSecretKey(keyBytes)
const baseNonce = Uint8Array.from({ length: 12 }, (_, at) => 255 - at * 9)

/** The chunk as the standard has it, its nonce by arithmetic on one 96-bit number. */
function expectedChunk(chunk: bigint, plaintext: Uint8Array): Uint8Array {
  const nonce = BigInt(`0x${Buffer.from(baseNonce).toString('hex')}`) ^ chunk
  const iv = Buffer.from(nonce.toString(16).padStart(24, '0'), 'hex')
  const cipher = createCipheriv('aes-256-gcm', keyBytes, iv, { authTagLength: 16 })
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function sealRun(firstChunk: number, input: Uint8Array, final: boolean): ChunkRun {
  const chunks = Math.floor(input.length / 16_384) + (final ? 1 : 0)
  return { key, baseNonce, firstChunk, input, output: new Uint8Array(input.length + chunks * 16), final }
}

for (const chunk of [0, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 38 - 1]) {
  test(`chunk ${chunk} is sealed and opened under its own nonce`, async () => {
    const plaintext = patterned(100)
    const run = sealRun(chunk, plaintext, true)
    await sealChunks(run)
    expect(Buffer.from(run.output)).toEqual(expectedChunk(BigInt(chunk), plaintext))
    const output = new Uint8Array(100)
    expect(await openChunks({ ...run, input: run.output, output })).toBe(1)
    expect(output).toEqual(plaintext)
  })
}

test('a run across chunk 2^32 numbers both sides of it', async () => {
  const plaintext = patterned(2 * 16_384)
  const run = sealRun(2 ** 32 - 1, plaintext, false)
  await sealChunks(run)
  const expected = [
    expectedChunk(2n ** 32n - 1n, plaintext.subarray(0, 16_384)),
    expectedChunk(2n ** 32n, plaintext.subarray(16_384)),
  ]
  expect(Buffer.compare(run.output, Buffer.concat(expected))).toBe(0)
})

for (const [what, first, input] of [
  ['that begins at chunk 2^38', 2 ** 38, patterned(1)],
  ['that reaches chunk 2^38', 2 ** 38 - 1, patterned(16_384)],
] as const) {
  test(`a run ${what} is refused both ways`, async () => {
    const run = sealRun(first, input, true)
    await expect((async () => sealChunks(run))()).rejects.toMatchObject({ code: 'limit-exceeded' })
    const back = { ...run, input: run.output, output: new Uint8Array(input.length) }
    await expect((async () => openChunks(back))()).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
}

test('a run whose lengths do not fit is refused', async () => {
  const run = sealRun(0, patterned(100), true)
  for (const wrong of [
    { ...run, output: new Uint8Array(115) },
    { ...run, final: false },
    { ...run, firstChunk: -1 },
    { ...run, firstChunk: 0.5 },
    { ...run, baseNonce: new Uint8Array(11) },
  ]) {
    await expect((async () => sealChunks(wrong))()).rejects.toMatchObject({ code: 'invalid-argument' })
  }
})
