import { expect, test } from 'vitest'
import { BodyOpener } from '../src/body/opener.ts'
import { bodySealer } from '../src/body/sealer.ts'
import { openBodyStream, sealBodyStream } from '../src/body/streams.ts'
import { openBody, sealBody } from '../src/body/whole.ts'
import { dataKey, drain, patterned } from './body-sources.ts'

const context = patterned(40)
const key = await dataKey('stream')

test('pushes that overlap are refused: two would seal under one number', async () => {
  const sealer = await bodySealer({ key, context })
  const first = sealer.push(patterned(20_000))
  await expect(sealer.push(patterned(20_000))).rejects.toMatchObject({ code: 'invalid-argument' })
  await first
  await sealer.finish()
})

test('nothing is taken after the end', async () => {
  const sealer = await bodySealer({ key, context })
  await sealer.finish()
  await expect(sealer.push(patterned(1))).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(sealer.finish()).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('what was pushed may be changed once the push has resolved', async () => {
  const sealer = await bodySealer({ key, context })
  const piece = patterned(20_000)
  const parts = [sealer.prefix, ...(await sealer.push(piece))]
  piece.fill(0)
  parts.push(...(await sealer.finish()))
  const plaintext = await openBody({ key, context, body: Buffer.concat(parts) })
  expect(Buffer.compare(plaintext, patterned(20_000))).toBe(0)
})

test('an abandoned sealer takes nothing more', async () => {
  const sealer = await bodySealer({ key, context })
  sealer.abandon()
  await expect(sealer.push(patterned(1))).rejects.toMatchObject({ code: 'aborted' })
})

// KW-BOD-10
test('an opener goes on failing with its first error, also for good bytes', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(20_000) })
  const opener = new BodyOpener({ key, context })
  const failed = { code: 'authentication-failed' }
  await expect(opener.push(new Uint8Array(20_000))).rejects.toMatchObject(failed)
  await expect(opener.push(body)).rejects.toMatchObject(failed)
  await expect(opener.finish()).rejects.toMatchObject(failed)
})

// KW-OPN-5
test('a stream releases nothing of a body under another key', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(100_000) })
  const { released, error } = await drain(openBodyStream({ key: await dataKey('other'), context }), [body])
  expect(released.length).toBe(0)
  expect(error).toMatchObject({ code: 'authentication-failed' })
})

test('a writer waits until the reader has room', async () => {
  const stream = sealBodyStream({ key, context })
  const writer = stream.writable.getWriter()
  const pieces = 12
  let taken = 0
  const writing = (async () => {
    for (let n = 0; n < pieces; n++) {
      await writer.ready
      await writer.write(new Uint8Array(131_072))
      taken++
    }
    await writer.close()
  })()
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBeLessThan(6)
  const reader = stream.readable.getReader()
  while (!(await reader.read()).done);
  await writing
  expect(taken).toBe(pieces)
})

test('an abort errors a waiting stream on both sides as aborted', async () => {
  const abort = new AbortController()
  const stream = sealBodyStream({ key, context, signal: abort.signal })
  const reader = stream.readable.getReader()
  await reader.read()
  abort.abort()
  await expect(reader.read()).rejects.toMatchObject({ code: 'aborted' })
  await expect(stream.writable.getWriter().closed).rejects.toMatchObject({ code: 'aborted' })
})

test('a signal that was aborted before errors the stream', async () => {
  const stream = openBodyStream({ key, context, signal: AbortSignal.abort() })
  await expect(stream.readable.getReader().read()).rejects.toMatchObject({ code: 'aborted' })
})

test('a reader that cancels ends the writer', async () => {
  const stream = sealBodyStream({ key, context })
  const reason = new Error('no more')
  await stream.readable.cancel(reason)
  await expect(stream.writable.getWriter().write(patterned(1))).rejects.toBe(reason)
})
