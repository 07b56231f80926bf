import { expect, test } from 'vitest'
import { plaintextSize, sealedBodySize } from '../src/body/sizes.ts'
import { openBody, sealBody } from '../src/body/whole.ts'
import { dataKey, patterned } from './body-sources.ts'

const context = patterned(40)
const key = await dataKey('whole')

for (const size of [0, 1, 16_383, 16_384, 16_385, 32_768, 50_000, 9 * 2 ** 20]) {
  test(`${size} bytes survive sealing and opening, and the sizes tell so beforehand`, async () => {
    const plaintext = patterned(size)
    const body = await sealBody({ key, context, plaintext })
    expect(body.length).toBe(sealedBodySize(size))
    expect(plaintextSize(body.length)).toBe(size)
    expect(Buffer.compare(await openBody({ key, context, body }), plaintext)).toBe(0)
  })
}

test('what is returned has memory of its own, exactly as long', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(100) })
  const plaintext = await openBody({ key, context, body })
  expect(body.buffer.byteLength).toBe(172)
  expect(plaintext.buffer.byteLength).toBe(100)
})

test('inputs may be views, Buffers and shared memory', async () => {
  const plaintext = patterned(20_000)
  const shared = new Uint8Array(new SharedArrayBuffer(20_010)).subarray(5, 20_005)
  shared.set(plaintext)
  for (const input of [Buffer.from(plaintext), shared, patterned(20_000).subarray()]) {
    const body = await sealBody({ key, context, plaintext: input })
    const view = new Uint8Array(new SharedArrayBuffer(body.length + 3)).subarray(3)
    view.set(body)
    for (const given of [Buffer.from(body), view]) {
      expect(Buffer.compare(await openBody({ key, context, body: given }), plaintext)).toBe(0)
    }
  }
})

test('a body is written behind what the caller has in its output', async () => {
  const output = new Uint8Array(10 + sealedBodySize(5))
  const body = await sealBody({ key, context, plaintext: patterned(5), into: { output, offset: 10 } })
  expect(body.buffer).toBe(output.buffer)
  expect(await openBody({ key, context, body: output.subarray(10) })).toEqual(patterned(5))
})

test('an output that is too short is refused', async () => {
  const into = { output: new Uint8Array(80), offset: 4 }
  const sealed = sealBody({ key, context, plaintext: patterned(5), into })
  await expect(sealed).rejects.toMatchObject({ code: 'invalid-argument' })
})

// KW-SEA-2
test('two bodies of one key never share a salt', async () => {
  const salts = new Set<string>()
  for (let n = 0; n < 500; n++) {
    const body = await sealBody({ key, context, plaintext: new Uint8Array(0) })
    salts.add(Buffer.from(body.subarray(0, 24)).toString('hex'))
  }
  expect(salts.size).toBe(500)
})

test('another key and another context fail alike', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(5) })
  const code = { code: 'authentication-failed' }
  await expect(openBody({ key: await dataKey('other'), context, body })).rejects.toMatchObject(code)
  await expect(openBody({ key, context: patterned(41), body })).rejects.toMatchObject(code)
})

// KW-OPN-5
test('no chunk is touched when the commitment is wrong', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(5) })
  body[24] = (body[24] ?? 0) ^ 1
  let touched = false
  const engine = {
    sealChunks: () => undefined,
    openChunks: () => {
      touched = true
      return 0
    },
  }
  await expect(openBody({ key, context, body, engine })).rejects.toMatchObject({
    code: 'authentication-failed',
  })
  expect(touched).toBe(false)
})

test('plaintext made before a failure is zero-filled', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(5) })
  let output = new Uint8Array(1)
  const engine = {
    sealChunks: () => undefined,
    openChunks: (run: { output: Uint8Array }) => {
      output = new Uint8Array(run.output.buffer as ArrayBuffer)
      output.fill(7)
      return 0
    },
  }
  await expect(openBody({ key, context, body, engine })).rejects.toMatchObject({
    code: 'authentication-failed',
  })
  expect(output).toEqual(new Uint8Array(5))
})

test('an aborted signal ends long work as aborted', async () => {
  const plaintext = patterned(9 * 2 ** 20)
  const sealed = sealBody({ key, context, plaintext, signal: AbortSignal.abort() })
  await expect(sealed).rejects.toMatchObject({ code: 'aborted' })
})

for (const [what, size] of [
  ['a negative size', -1],
  ['half a byte', 0.5],
  ['no number', Number.NaN],
] as const) {
  test(`${what} is refused`, () => {
    expect(() => sealedBodySize(size)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => plaintextSize(size)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
}

test('the longest body has 4 PiB less one byte', () => {
  const size = sealedBodySize(2 ** 52 - 1)
  expect(size).toBe(56 + 2 ** 52 - 1 + 2 ** 42)
  expect(plaintextSize(size)).toBe(2 ** 52 - 1)
  expect(() => sealedBodySize(2 ** 52)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
  expect(() => plaintextSize(size + 17)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
})
