import { createSecretKey, randomBytes, randomInt } from 'node:crypto'
import { openRange, seal } from '@keywright/core'
import { BareBody, chunkBytes, openChunk } from './bare-body.ts'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { context } from './bench-context.ts'
import { figuresOf, measure, type Settings } from './measure.ts'
import { associatedData, benchKeyring } from './ours.ts'
import { randomPlain } from './random-plain.ts'

const bodyBytes = 67_108_864
const readBytes = 4_096

async function run(settings: Settings): Promise<CaseResult> {
  const plain = randomPlain(bodyBytes)
  const keys = benchKeyring(true)
  const envelope = await seal(plain, { keys, context, associatedData })
  const source = {
    size: envelope.length,
    read: async (offset: number, length: number) => envelope.subarray(offset, offset + length),
  }
  const reader = await openRange(source, { keys, context, associatedData })
  const body = new BareBody(createSecretKey(randomBytes(32)), randomBytes(120))
  const sealed = body.seal(plain)
  const key = body.openKey(sealed)
  const bare = (): Uint8Array => {
    const from = randomInt(bodyBytes - readBytes)
    const out = Buffer.allocUnsafeSlow(readBytes)
    for (let at = from; at < from + readBytes; at += chunkBytes - (at % chunkBytes)) {
      const start = at % chunkBytes
      out.set(
        openChunk(key, sealed, Math.floor(at / chunkBytes)).subarray(start, start + from + readBytes - at),
        at - from,
      )
    }
    return out
  }
  const timings = await measure(
    [
      { name: 'ours', run: () => reader.read(randomInt(bodyBytes - readBytes), readBytes) },
      { name: 'limit', run: bare },
    ],
    settings,
  )
  reader.close()
  await keys.close()
  return { id: 'range-read', unit: 'us', ...figuresOf(timings, 'us', readBytes), peers: {} }
}

/** 4 KiB at a random offset of 64 MiB in memory; the limit decrypts the chunk, or the two, that hold them. */
export const rangeCase: BenchCase = { id: 'range-read', run }
