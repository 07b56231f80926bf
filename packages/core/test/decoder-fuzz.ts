import { type EnvelopeVector, linesToBytes, listVectors, loadVector } from '@keywright/vectors'
import fc from 'fast-check'
import { decodeCbor, encodeCbor } from '../src/format/cbor.ts'
import { decodeHeader, decodePrefix, encodeHeader, headerLength } from '../src/format/header.ts'
import { decodeKeyTable, encodeKeyTable } from '../src/format/key-table.ts'
import { decodePagedHeader, encodePage } from '../src/format/paged.ts'
import { decodePreamble, encodePreamble } from '../src/format/preamble.ts'
import { fromText, inspect, isKeywrightError, keyring, open, parseKeyUri, toText } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'

/** What a decoder may say to hostile bytes; nothing else may come out of one. */
const documented: ReadonlySet<string> = new Set([
  'malformed-envelope',
  'unsupported-version',
  'limit-exceeded',
  'truncated',
  'configuration',
  'context-mismatch',
  'no-matching-key',
  'invalid-argument',
])

/** The longest that one input of at most 100 KiB may take, in milliseconds; a hang, not a speed, is looked for. */
const patienceMs = 5000

/** Memory for bytes that one decode may ask for, in bytes: its own copies of at most 100 KiB, many times over. */
const memoryBytes = 16 * 1024 * 1024

type Decoder = (bytes: Uint8Array) => unknown

/** One decoder of hostile bytes with the inputs that it is tried on. */
interface Target {
  readonly name: string
  readonly decode: Decoder
  readonly inputs: fc.Arbitrary<Uint8Array>
}

const keys = keyring({ open: [memoryKek({ name: 'one' })] })

/** Decodes, encodes again and compares: what decodes has one encoding. */
function inverse<Value>(decode: (bytes: Uint8Array) => Value, encode: (value: Value) => Uint8Array): Decoder {
  return (bytes) => {
    if (Buffer.compare(encode(decode(bytes)), bytes) !== 0)
      throw new Error('it decodes to what encodes otherwise')
  }
}

const seeds: readonly Uint8Array[] = listVectors()
  .filter(({ kind }) => kind === 'envelope')
  .map(({ id }) => (loadVector(id) as EnvelopeVector).envelope)
  .map((input) => {
    if ('text' in input) return new Uint8Array(Buffer.from(input.text.slice(4), 'base64url'))
    return linesToBytes('bytes' in input ? input.bytes : input.header)
  })
  .filter((bytes) => bytes.length <= 20_000)

const heads = fc.tuple(fc.nat(7), fc.nat(31), fc.uint8Array({ maxLength: 9 })).map(([major, low, rest]) => {
  return Uint8Array.from([(major << 5) | low, ...rest])
})

/** Bytes that begin like CBOR again and again, so that they get past the first look. */
const cborLike: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.array(heads, { maxLength: 30 }).map((parts) => new Uint8Array(Buffer.concat(parts))),
  fc.uint8Array({ maxLength: 200 }),
)

const scalar = fc.oneof(
  fc.maxSafeNat(),
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 40 }),
)

/** Values of the grammar, up to its depth. */
export const cborValues: fc.Arbitrary<Parameters<typeof encodeCbor>[0]> = fc.letrec<{
  value: Parameters<typeof encodeCbor>[0]
}>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 6 }),
    fc
      .uniqueArray(fc.tuple(fc.string({ maxLength: 8 }), tie('value')), {
        selector: ([key]) => key,
        maxLength: 6,
      })
      .map((entries) => new Map(entries)),
  ),
})).value

/** Small damage to a valid encoding: bits, bytes, cuts, repeats, insertions. */
function damaged(originals: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const step = fc.tuple(fc.nat(4), fc.nat(), fc.nat(255), fc.nat(40))
  return fc.tuple(originals, fc.array(step, { minLength: 1, maxLength: 4 })).map(([original, steps]) => {
    let bytes = new Uint8Array(original)
    for (const [kind, place, value, length] of steps) {
      const at = bytes.length === 0 ? 0 : place % bytes.length
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      if (kind === 0)
        bytes = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ (1 << (value % 8)) : byte))
      if (kind === 1) bytes = Uint8Array.from(bytes, (byte, index) => (index === at ? value : byte))
      if (kind === 2) bytes = new Uint8Array(before)
      if (kind === 3) bytes = new Uint8Array(Buffer.concat([before, after.subarray(0, length), after]))
      if (kind === 4) bytes = new Uint8Array(Buffer.concat([before, after.subarray(length)]))
    }
    return bytes
  })
}

const vectorBytes = fc.constantFrom(...seeds)
const anyEnvelope = fc.oneof(damaged(vectorBytes), vectorBytes, fc.uint8Array({ maxLength: 300 }))
const parts = seeds.flatMap((bytes) => {
  try {
    const { header } = decodeHeader(bytes)
    return [{ table: header.keyTableBytes, preamble: header.preambleBytes }]
  } catch {
    return []
  }
})
const tables = fc.constantFrom(...parts.map(({ table }) => table))
const preambles = fc.constantFrom(...parts.map(({ preamble }) => preamble))
const texts = fc.oneof(
  damaged(vectorBytes).map((bytes) => `kw1:${Buffer.from(bytes).toString('base64url')}`),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => `kw1:${text}`),
  fc.string({ unit: 'binary', maxLength: 200 }),
)

/** Pages with a digest that matches, so that what is in them is reached. */
async function pagedWith(table: Uint8Array, generation: number): Promise<unknown> {
  const [base] = seeds.filter((bytes) => bytes[5] === 2)
  if (base === undefined) throw new Error('a paged vector')
  const { header } = await decodePagedHeader(base)
  const block = 4096 * 2 ** header.blockShift
  const bytes = new Uint8Array(base)
  bytes.set(await encodePage(header, { generation, keyTableBytes: table }), 2 * block)
  return decodePagedHeader(bytes)
}

function textDecoder(decode: (text: string) => unknown): Decoder {
  return (bytes) => decode(Buffer.from(bytes).toString('utf16le'))
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf16le'))
}

export const targets: readonly Target[] = [
  {
    name: 'CBOR',
    decode: inverse((bytes) => decodeCbor(bytes, 'fuzz'), encodeCbor),
    inputs: fc.oneof(cborLike, damaged(cborValues.map(encodeCbor))),
  },
  { name: 'prefix', decode: decodePrefix, inputs: anyEnvelope },
  { name: 'header length', decode: headerLength, inputs: anyEnvelope },
  {
    name: 'preamble',
    decode: inverse(decodePreamble, encodePreamble),
    inputs: fc.oneof(damaged(preambles), cborLike, cborValues.map(encodeCbor)),
  },
  {
    name: 'key table',
    decode: inverse(decodeKeyTable, encodeKeyTable),
    inputs: fc.oneof(damaged(tables), cborLike, cborValues.map(encodeCbor)),
  },
  {
    name: 'header',
    decode: (bytes) => {
      const { header, length } = decodeHeader(bytes)
      const again = encodeHeader(header, encodeKeyTable(header.keyTable))
      if (Buffer.compare(again, bytes.subarray(0, length)) !== 0) throw new Error('it encodes to other bytes')
    },
    inputs: anyEnvelope,
  },
  { name: 'paged header', decode: decodePagedHeader, inputs: anyEnvelope },
  {
    name: 'page',
    decode: (bytes) => pagedWith(bytes.subarray(1, 4000), bytes[0] ?? 0),
    inputs: fc.oneof(damaged(tables), fc.uint8Array({ maxLength: 4000 })),
  },
  { name: 'inspection', decode: inspect, inputs: anyEnvelope },
  { name: 'open', decode: (bytes) => open(bytes, { keys, trustStoredContext: true }), inputs: anyEnvelope },
  {
    name: 'text form',
    decode: textDecoder((text) => {
      if (toText(fromText(text)) !== text) throw new Error('it is written in another way')
    }),
    inputs: texts.map(utf16),
  },
  {
    name: 'key URI',
    decode: textDecoder(parseKeyUri),
    inputs: fc
      .oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc
          .tuple(fc.constantFrom('local://', 'pkcs11:', 'aws-kms:', '://'), fc.string({ maxLength: 60 }))
          .map((two) => two.join('')),
      )
      .map(utf16),
  },
]

/** Tries one input: anything but success or a documented code is a failure of the property. */
async function tryOne(decode: Decoder, bytes: Uint8Array): Promise<void> {
  const startedMs = performance.now()
  const startedBytes = process.memoryUsage().arrayBuffers
  try {
    await decode(bytes)
  } catch (error) {
    if (!isKeywrightError(error) || !documented.has(error.code)) {
      throw new Error('an undocumented error came out', { cause: error })
    }
  }
  if (performance.now() - startedMs > patienceMs) throw new Error('it hung')
  if (process.memoryUsage().arrayBuffers - startedBytes > memoryBytes)
    throw new Error('it took too much memory')
}

/** Seed of every run that names no other. */
const defaultSeed = 20_251_121

/**
 * Fuzzes a decoder for a time.
 *
 * @param seconds how long; then it ends without a failure
 * @returns how many inputs were tried
 */
export async function fuzz(target: Target, seconds: number): Promise<number> {
  const seed = Number(process.env['KEYWRIGHT_FUZZ_SEED'] ?? defaultSeed)
  let runs = 0
  const property = fc.asyncProperty(target.inputs, async (bytes) => {
    runs++
    await tryOne(target.decode, bytes)
  })
  await fc.assert(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  })
  console.log(`fuzz ${target.name}: ${runs} inputs, seed ${seed}`)
  return runs
}

/** Seconds for all decoders together: a default, or what KEYWRIGHT_FUZZ_SECONDS says. */
export function fuzzSeconds(standard: number): number {
  return Number(process.env['KEYWRIGHT_FUZZ_SECONDS'] ?? standard) / targets.length
}
