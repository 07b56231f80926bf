import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyRange } from '../src/body/range.ts'
import { openBodyStream, sealBodyStream } from '../src/body/streams.ts'
import { openBody, sealBody } from '../src/body/whole.ts'
import { cut, dataKey, drain, memorySource, patterned } from './body-sources.ts'

const context = patterned(7)
const key = await dataKey('alterations')
const chunk = 16_400

async function codeOf(body: Uint8Array): Promise<string> {
  return openBody({ key, context, body }).then(
    () => 'opened',
    (error: { code: string }) => error.code,
  )
}

test('a flipped bit in any byte of a small body is found', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(60) })
  for (let at = 0; at < body.length; at++) {
    const altered = new Uint8Array(body)
    altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8))
    expect([at, await codeOf(altered)]).toEqual([at, 'authentication-failed'])
  }
})

test('a small body cut at any length is found', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(60) })
  for (let length = 0; length < body.length; length++) {
    const expected = length < 72 ? 'truncated' : 'authentication-failed'
    expect([length, await codeOf(body.subarray(0, length))]).toEqual([length, expected])
  }
})

test('appended bytes are found, however many', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(60) })
  for (const extra of [1, 15, 16, 17, chunk - 76, chunk - 75, chunk, 2 * chunk]) {
    const longer = new Uint8Array(body.length + extra)
    longer.set(body)
    expect(['truncated', 'authentication-failed']).toContain(await codeOf(longer))
  }
})

test('a body cut after any of its chunks is truncated', async () => {
  const body = await sealBody({ key, context, plaintext: patterned(3 * 16_384 + 9) })
  for (const chunks of [0, 1, 2, 3]) {
    expect(await codeOf(body.subarray(0, 56 + chunks * chunk))).toBe('truncated')
  }
})

for (const order of [
  [1, 0, 2],
  [0, 2, 1],
  [0, 0, 2],
  [2, 1, 0],
  [0, 1, 2, 2],
  [1, 2],
]) {
  test(`full chunks in the order ${order.join(' ')} are refused`, async () => {
    const body = await sealBody({ key, context, plaintext: patterned(3 * 16_384 + 9) })
    const chunks = cut(body.subarray(56), chunk)
    const last = chunks.at(-1) ?? new Uint8Array(0)
    const moved = order.map((at) => chunks[at] ?? last)
    const altered = Buffer.concat([body.subarray(0, 56), ...moved, last])
    expect(await codeOf(altered)).toBe('authentication-failed')
  })
}

/** Sizes around chunk borders. */
const sizes = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -40, max: 40 }))
  .map(([chunks, off]) => Math.max(0, chunks * 16_384 + off))

/** Bytes cut at random places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((at, index) => bytes.subarray(at, places[index] ?? bytes.length))
}

const cuts = fc.array(fc.nat({ max: 200_000 }), { maxLength: 12 })

test('streams cut anywhere give what whole bodies give', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, cuts, cuts, async (size, there, back) => {
      const plaintext = patterned(size)
      const salt = patterned(24)
      const whole = await sealBody({ key, context, plaintext, salt })
      const sealed = await drain(sealBodyStream({ key, context, salt }), pieces(plaintext, there))
      expect(Buffer.compare(sealed.released, whole)).toBe(0)
      const opened = await drain(openBodyStream({ key, context }), pieces(whole, back))
      expect(opened.error).toBeUndefined()
      expect(Buffer.compare(opened.released, plaintext)).toBe(0)
    }),
    { numRuns: 80 },
  )
})

test('a range is the slice of the plaintext, in whatever order ranges are read', async () => {
  const ranges = fc.array(fc.tuple(fc.nat({ max: 90_000 }), fc.nat({ max: 90_000 })), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, ranges, fc.nat({ max: 50 }), async (size, wanted, base) => {
      const plaintext = patterned(size)
      const body = await sealBody({ key, context, plaintext })
      const source = memorySource(Buffer.concat([patterned(base), body]))
      const reader = await bodyRange({ key, context, source, base })
      for (const [offset, length] of wanted) {
        const read = await reader.read(offset, length)
        expect(Buffer.compare(read, plaintext.subarray(offset, offset + length))).toBe(0)
      }
      expect(await reader.size()).toBe(size)
    }),
    { numRuns: 80 },
  )
})
