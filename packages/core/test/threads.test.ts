import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { openBodyStream, sealBodyStream } from '../src/body/streams.ts'
import { openBody, sealBody } from '../src/body/whole.ts'
import { importAesKey, openChunks, sealChunks } from '../src/crypto/primitives.ts'
import { threads } from '../src/threads/threads.ts'
import { cut, dataKey, drain, patterned } from './body-sources.ts'

const context = patterned(40)
const key = await dataKey('threads')
const plaintext = patterned(6 * 2 ** 20 + 5)
const salt = patterned(24)
const body = await sealBody({ key, context, plaintext, salt })
const engine = threads({ workers: 2 })
afterAll(() => engine.close())

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

// Once with workers that may still be starting, then with ones that are there.
for (const round of ['first', 'second', 'third']) {
  for (const [what, place] of [
    ['ordinary', (bytes: Uint8Array) => bytes],
    ['shared', shared],
  ] as const) {
    test(`the ${round} time, threads give the bytes that one thread gives in ${what} memory`, async () => {
      const into = { output: place(new Uint8Array(body.length)), offset: 0 }
      const sealed = await sealBody({ key, context, plaintext: place(plaintext), salt, into, engine })
      expect(Buffer.compare(sealed, body)).toBe(0)
      const opened = await openBody({ key, context, body: place(body), engine })
      expect(Buffer.compare(opened, plaintext)).toBe(0)
    })
  }
}

test('a result is in shared memory where the input is and threads are given', async () => {
  const opened = await openBody({ key, context, body: shared(body), engine })
  const sealed = await sealBody({ key, context, plaintext: shared(plaintext), salt, engine })
  expect([opened.buffer, sealed.buffer].map((memory) => memory instanceof SharedArrayBuffer)).toEqual([
    true,
    true,
  ])
  expect(Buffer.compare(sealed, body)).toBe(0)
  const alone = await openBody({ key, context, body: shared(body) })
  expect(alone.buffer).toBeInstanceOf(ArrayBuffer)
})

test('several runs at once do not disturb each other', async () => {
  const bodies = await Promise.all(
    Array.from({ length: 5 }, () => sealBody({ key, context, plaintext, salt, engine })),
  )
  for (const one of bodies) expect(Buffer.compare(one, body)).toBe(0)
})

test('streams on threads give the bytes that whole bodies give', async () => {
  const sealed = await drain(sealBodyStream({ key, context, salt, engine }), cut(plaintext, 70_000))
  expect(Buffer.compare(sealed.released, body)).toBe(0)
  const opened = await drain(openBodyStream({ key, context, engine }), cut(body, 70_000))
  expect(Buffer.compare(opened.released, plaintext)).toBe(0)
})

test('a run reports the first chunk that fails, whichever thread found it', async () => {
  const aesKey = await importAesKey(patterned(32))
  const baseNonce = patterned(12)
  const input = patterned(300 * 16_384)
  const sealed = new Uint8Array(300 * 16_400)
  await sealChunks({ key: aesKey, baseNonce, firstChunk: 9, input, output: sealed, final: false })
  for (const bad of [5, 70, 140, 299]) {
    const altered = new Uint8Array(sealed)
    altered[bad * 16_400] = (altered[bad * 16_400] ?? 0) ^ 1
    const run = { key: aesKey, baseNonce, firstChunk: 9, input: altered, final: false }
    const alone = await openChunks({ ...run, output: new Uint8Array(input.length) })
    expect(alone).toBe(bad)
    expect(await engine.openChunks({ ...run, output: new Uint8Array(input.length) })).toBe(bad)
  }
})

test('an altered body is refused', async () => {
  const altered = new Uint8Array(body)
  altered[5_000_000] = (altered[5_000_000] ?? 0) ^ 1
  const opened = openBody({ key, context, body: altered, engine })
  await expect(opened).rejects.toMatchObject({ code: 'authentication-failed' })
})

test('an abort during a run ends it as aborted', async () => {
  const abort = new AbortController()
  const sealed = sealBody({ key, context, plaintext, engine, signal: abort.signal })
  abort.abort()
  await expect(sealed).rejects.toMatchObject({ code: 'aborted' })
})

test('closing waits for the run under way; later runs are refused', async () => {
  const own = threads({ workers: 1 })
  const aesKey = await importAesKey(patterned(32))
  const input = patterned(300 * 16_384)
  const output = new Uint8Array(300 * 16_400)
  const run = { key: aesKey, baseNonce: patterned(12), firstChunk: 0, input, output, final: false }
  const sealing = own.sealChunks(run)
  await own.close()
  const expected = new Uint8Array(output.length)
  await sealChunks({ ...run, output: expected })
  expect(Buffer.compare(output, expected)).toBe(0)
  await sealing
  await expect(own.sealChunks(run)).rejects.toMatchObject({ code: 'invalid-argument' })
  await own.close()
})

test('without workers the calling thread does it all', async () => {
  const own = threads({ workers: 0 })
  expect(Buffer.compare(await sealBody({ key, context, plaintext, salt, engine: own }), body)).toBe(0)
  await own.close()
})

test('idle threads let the process end, and work keeps it until done', async () => {
  const program = `
    const { threads } = await import(${JSON.stringify(new URL('../src/threads/threads.ts', import.meta.url).href)})
    const { sealBody } = await import(${JSON.stringify(new URL('../src/body/whole.ts', import.meta.url).href)})
    const { createSecretKey } = await import('node:crypto')
    const engine = threads({ workers: 1 })
    const key = createSecretKey(new Uint8Array(32))
    const plaintext = new Uint8Array(8 << 20)
    for (let n = 0; n < 20; n++) await sealBody({ key, context: new Uint8Array(0), plaintext, engine })
    process.stdout.write('done')`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 20_000,
  })
  expect(stdout).toBe('done')
})

for (const workers of [-1, 1.5, 65, Number.NaN]) {
  test(`${workers} workers are refused`, () => {
    expect(() => threads({ workers })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
}
