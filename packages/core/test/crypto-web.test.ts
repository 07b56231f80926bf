import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { importDataKey } from '../src/body/derive.ts'
import { bodyRange } from '../src/body/range.ts'
import { openBodyStream } from '../src/body/streams.ts'
import { openBody, sealBody } from '../src/body/whole.ts'
import * as node from '../src/crypto/node-primitives.ts'
import { cut, drain, memorySource, patterned } from './body-sources.ts'
import * as web from './web-primitives.ts'
import { findBodyVectors } from './wycheproof-vectors.ts'

vi.mock('../src/crypto/primitives.ts', () => import('./web-primitives.ts'))

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex')

for (const vector of findBodyVectors() ?? []) {
  if (vector.flags.has('InvalidKeySize')) continue
  test(`on WebCrypto, body, stream and ranges do as vector ${vector.id}, ${vector.comment}`, async () => {
    const key = await importDataKey(vector.key)
    const { context, body } = vector
    const outcomes = await Promise.allSettled([
      openBody({ key, context, body }),
      bodyRange({ key, context, source: memorySource(body) }).then((reader) => reader.read(0, 2 ** 40)),
    ])
    const stream = await drain(openBodyStream({ key, context }), cut(body, 65_536))
    if (vector.valid) {
      const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect([...results, stream.released].map(sha512)).toEqual(Array(3).fill(vector.messageSha512))
      return
    }
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
    expect(stream.error).toMatchObject({ name: 'KeywrightError' })
  })
}

test('what WebCrypto sealed, WebCrypto opens', async () => {
  const key = await importDataKey(patterned(32))
  const body = await sealBody({ key, context: patterned(3), plaintext: patterned(40_000) })
  const plaintext = await openBody({ key, context: patterned(3), body })
  expect(Buffer.compare(plaintext, patterned(40_000))).toBe(0)
})

for (const length of [1, 16, 64, 65, 76, 128]) {
  for (const infoBytes of [0, 100, 1983, 1984, 10_000]) {
    // KW-NOT-3
    test(`Node and WebCrypto expand ${infoBytes} bytes of info to the same ${length} bytes`, async () => {
      const info = [
        patterned(infoBytes).subarray(0, infoBytes >> 1),
        patterned(infoBytes).subarray(infoBytes >> 1),
      ]
      const there = await web.expand(await web.importMacKey(patterned(32)), info, length)
      const here = await node.expand(await node.importMacKey(patterned(32)), info, length)
      expect(Buffer.compare(here, there)).toBe(0)
      expect(here.buffer.byteLength).toBe(length)
    })
  }
}

test('the twin has every export of the primitives', async () => {
  const primitives = await vi.importActual('../src/crypto/primitives.ts')
  expect(Object.keys(web).sort()).toEqual(Object.keys(primitives).sort())
})
