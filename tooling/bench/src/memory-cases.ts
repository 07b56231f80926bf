import { randomBytes } from 'node:crypto'
import { BareBody, chunkBytes } from './bare-body.ts'
import { BareKek } from './bare-fresh.ts'
import { type BenchCase, type CaseResult, inUnit } from './bench-case.ts'
import { context } from './bench-context.ts'
import { type Contestant, measure, type Settings } from './measure.ts'
import { ours } from './ours.ts'
import { agePeer } from './peer-age.ts'
import { bestFrameLength, esdkDefault, esdkUnsigned } from './peer-esdk.ts'
import { primitiveProfile } from './primitive-profile.ts'
import { randomPlain } from './random-plain.ts'

type Operation = 'seal' | 'open'

const sizes = [
  { name: '100B', bytes: 100, unit: 'us' },
  { name: '1KiB', bytes: 1_024, unit: 'us' },
  { name: '16KiB', bytes: 16_384, unit: 'us' },
  { name: '1MiB', bytes: 1_048_576, unit: 'MB/s' },
  { name: '64MiB', bytes: 67_108_864, unit: 'MB/s' },
] as const

/** Bytes of the derivation context of a body with that context and `associatedData`, to the nearest ten. */
const bodyContext = randomBytes(120)
const contextBytes = randomBytes(42)
const preamble = randomBytes(90)

function limitOf(operation: Operation, cached: boolean, plain: Uint8Array): Contestant {
  const kek = new BareKek()
  const { dek, wrapped } = kek.generate(contextBytes, preamble)
  const small = plain.length < chunkBytes
  const body = new BareBody(dek, bodyContext)
  const sealed = body.seal(plain)
  const fresh = (): BareBody => {
    const own =
      operation === 'seal'
        ? kek.generate(contextBytes, preamble).dek
        : kek.unwrap(wrapped, contextBytes, preamble)
    return new BareBody(own, bodyContext)
  }
  const use = cached ? (): BareBody => body : fresh
  if (operation === 'seal') {
    return { name: 'limit', run: small ? () => use().sealSmall(plain) : () => use().seal(plain) }
  }
  return { name: 'limit', run: small ? () => use().openSmall(sealed) : () => use().open(sealed) }
}

async function contestant(
  name: string,
  operation: Operation,
  plain: Uint8Array,
  peer: {
    seal: (plain: Uint8Array) => Promise<Uint8Array>
    open: (sealed: Uint8Array) => Promise<Uint8Array>
  },
  checked: boolean,
): Promise<Contestant> {
  const sealed = await peer.seal(plain)
  const opened = checked ? await peer.open(sealed) : plain
  if (Buffer.compare(opened, plain) !== 0) throw new Error(`${name} does not open what it sealed`)
  return {
    name,
    peer: name !== 'ours',
    run: operation === 'seal' ? () => peer.seal(plain) : () => peer.open(sealed),
  }
}

function memoryCase(operation: Operation, size: (typeof sizes)[number], cached: boolean): BenchCase {
  const id = `${operation}-${size.name}-${cached ? 'cached' : 'fresh'}`
  const run = async (settings: Settings): Promise<CaseResult> => {
    const plain = randomPlain(size.bytes)
    const frameLength = await bestFrameLength(operation, plain)
    const own = ours(cached)
    // Peers take a second for 64 MiB.
    const checked = !settings.quick || size.bytes < 2 ** 24
    const contestants: Contestant[] = [
      await contestant('ours', operation, plain, own, checked),
      limitOf(operation, cached, plain),
      await contestant('esdk-default', operation, plain, esdkDefault(cached, context), checked),
      await contestant(
        'esdk-unsigned',
        operation,
        plain,
        esdkUnsigned(cached, context, frameLength),
        checked,
      ),
      await contestant('age', operation, plain, await agePeer(), checked),
    ]
    const timings = await measure(contestants, settings)
    await own.close()
    const profiled = id === 'seal-1KiB-cached' ? await primitiveProfile(size.bytes, settings) : {}
    const figure = (name: string): number =>
      inUnit(size.unit, timings.get(name)?.medianMs ?? Number.NaN, size.bytes)
    return {
      id,
      unit: size.unit,
      ours: figure('ours'),
      limit: figure('limit'),
      peers: {
        'esdk-default': figure('esdk-default'),
        'esdk-unsigned': figure('esdk-unsigned'),
        age: figure('age'),
      },
      beside: { 'esdk-unsigned-frame-bytes': frameLength, ...profiled },
    }
  }
  return { id, run }
}

/** `{seal,open}-{100B,1KiB,16KiB,1MiB,64MiB}-{fresh,cached}`. */
export const memoryCases: readonly BenchCase[] = sizes.flatMap((size) =>
  (['seal', 'open'] as const).flatMap((operation) =>
    [false, true].map((cached) => memoryCase(operation, size, cached)),
  ),
)
