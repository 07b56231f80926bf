import { createHash } from 'node:crypto'
import {
  type EnvelopeVector,
  linesToBytes,
  listVectors,
  loadVector,
  type VectorInput,
} from '@keywright/vectors'
import { describe, expect, test } from 'vitest'
import { type Envelope, fromText, keyring, open, openStream } from '../src/index.ts'
import { answeringKek } from './answering-kek.ts'
import { givenAssociatedData, hexBytes } from './vector-bytes.ts'

/** Codes that a reader gives before it asks any key manager (KW-OPN-2). */
const beforeAnyCall = new Set([
  'malformed-envelope',
  'unsupported-version',
  'limit-exceeded',
  'context-mismatch',
  'policy-mismatch',
  'no-matching-key',
  'invalid-argument',
])

const envelopes = listVectors()
  .filter(({ kind }) => kind === 'envelope')
  .map(({ id }) => loadVector(id) as EnvelopeVector)

describe('envelope vectors', () => {
  test('there are as many as the set lists', () => {
    expect(envelopes.length).toBeGreaterThan(300)
  })

  for (const vector of envelopes) {
    // KW-NOT-2, KW-NOT-3, KW-NOT-4
    test(`${vector.id}: ${vector.title}`, async () => {
      const read = await openVector(vector, (input, options) => open(input, options))
      expect(read).toEqual(expectedOf(vector))
    })
  }
})

describe('envelope vectors as a byte-by-byte stream', () => {
  for (const vector of envelopes.filter(isShortStream)) {
    test(`${vector.id} streams`, async () => {
      const read = await openVector(vector, async (input, options) => {
        if (!(input instanceof Uint8Array)) throw new Error('streams take one piece')
        return collect(byteByByte(input).pipeThrough(openStream(options)))
      })
      expect(read).toEqual(expectedOf(vector))
    })
  }
})

type Opener = (input: Envelope, options: Parameters<typeof open>[1]) => Promise<Uint8Array>

interface Read {
  readonly result: 'valid' | 'invalid'
  readonly code?: string
  readonly length?: number
  readonly sha512?: string
  readonly calledBeforeRefusal?: boolean
}

function expectedOf({ expected }: EnvelopeVector): Read {
  if (expected.result === 'valid') return { result: 'valid', ...expected.plaintext }
  return {
    result: 'invalid',
    code: expected.code,
    ...(beforeAnyCall.has(expected.code) && { calledBeforeRefusal: false }),
  }
}

async function openVector(vector: EnvelopeVector, opener: Opener): Promise<Read> {
  const { reader } = vector
  const counter = { calls: 0 }
  try {
    const keys = keyring({
      open: reader.keks.map((kek) => answeringKek(kek, vector, counter)),
      minThreshold: reader.minThreshold,
      concealKey: reader.concealKey === undefined ? undefined : hexBytes(reader.concealKey),
    })
    const plaintext = await opener(envelopeOf(vector.envelope), {
      keys,
      context: reader.context,
      associatedData: givenAssociatedData(reader.associatedData),
    })
    return {
      result: 'valid',
      length: plaintext.length,
      sha512: createHash('sha512').update(plaintext).digest('hex'),
    }
  } catch (error) {
    const { code } = error as { code: string }
    return {
      result: 'invalid',
      code,
      ...(beforeAnyCall.has(code) && { calledBeforeRefusal: counter.calls > 0 }),
    }
  }
}

function envelopeOf(input: VectorInput): Envelope {
  if ('text' in input) return fromText(input.text)
  if ('bytes' in input) return linesToBytes(input.bytes)
  return { header: linesToBytes(input.header), body: linesToBytes(input.body) }
}

function isShortStream({ envelope }: EnvelopeVector): boolean {
  return 'bytes' in envelope && linesToBytes(envelope.bytes).length <= 2048
}

function byteByByte(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
      controller.close()
    },
  })
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}
