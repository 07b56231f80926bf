import type { BenchCase, CaseResult } from './bench-case.ts'
import { median, type Settings } from './measure.ts'

/** One operation done twice: by the service's client alone, and through the provider; same server, key and client. */
export interface OverheadPair {
  readonly bare: () => Promise<unknown>
  readonly provider: () => Promise<unknown>
}

/** A provider on a server that runs in another process. */
export interface OverheadSubject<Operation extends string> {
  readonly pairs: Readonly<Record<Operation, OverheadPair>>
  readonly close: () => Promise<void>
}

const concurrency = 64
/** Calls of one sample with many under way. */
const callsAtOnce = 6 * concurrency

/**
 * Cases that measure what a provider adds to a call of its service's client: one after the other, and with 64 under way.
 * `ours` and `limit` are single calls; those of 64 at once stand beside.
 *
 * @param scheme the provider's
 * @param operations names of the pairs
 * @param start starts the server and makes the pairs
 */
export function overheadCases<Operation extends string>(
  scheme: string,
  operations: readonly Operation[],
  start: () => Promise<OverheadSubject<Operation>>,
): readonly BenchCase[] {
  return operations.map((operation) => {
    const id = `overhead-${scheme}-${operation}`
    return {
      id,
      run: async (settings) => {
        const subject = await start()
        try {
          return await overhead(id, subject.pairs[operation], settings)
        } finally {
          await subject.close()
        }
      },
    }
  })
}

async function overhead(
  id: string,
  { bare, provider }: OverheadPair,
  settings: Settings,
): Promise<CaseResult> {
  const single = await inTurns(bare, provider, oneCall, settings)
  const many = await inTurns(bare, provider, manyAtOnce, settings)
  return {
    id,
    unit: 'us',
    ours: single.ours,
    limit: single.limit,
    peers: {},
    beside: {
      'overhead-us': single.ours - single.limit,
      'overhead-percent': percent(single),
      'at-64-us': many.ours,
      'at-64-bare-us': many.limit,
      'at-64-overhead-percent': percent(many),
    },
  }
}

/** Makes calls and notes how long each took, in milliseconds. */
type Sampling = (call: () => Promise<unknown>, tookMs: number[]) => Promise<unknown>

interface Medians {
  readonly ours: number
  readonly limit: number
}

/**
 * Medians of single calls, in microseconds: those of either side in turns, each time the other first, so that both meet
 * the same machine. What a busy neighbour delays is then among the slow half, which no median sees.
 */
async function inTurns(
  bare: () => Promise<unknown>,
  provider: () => Promise<unknown>,
  sample: Sampling,
  { warmUpMs, shareMs }: Settings,
): Promise<Medians> {
  const sides = [
    { call: bare, tookMs: [] as number[] },
    { call: provider, tookMs: [] as number[] },
  ]
  const round = async (): Promise<void> => {
    for (const { call, tookMs } of sides) await sample(call, tookMs)
    sides.reverse()
  }
  const lasting = async (ms: number): Promise<void> => {
    for (const endMs = performance.now() + ms; performance.now() < endMs; ) await round()
  }
  await lasting(2 * warmUpMs)
  for (const { tookMs } of sides) tookMs.length = 0
  await lasting(4 * shareMs)
  const us = (wanted: () => Promise<unknown>): number =>
    1_000 * median(sides.find(({ call }) => call === wanted)?.tookMs ?? [])
  return { ours: us(provider), limit: us(bare) }
}

const oneCall: Sampling = async (call, tookMs) => {
  const startedMs = performance.now()
  await call()
  tookMs.push(performance.now() - startedMs)
}

/** The first calls begin all at once, which none does later: what is noted began with 63 others under way. */
const manyAtOnce: Sampling = (call, tookMs) => {
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < callsAtOnce) await oneCall(call, begun++ < concurrency ? [] : tookMs)
  }
  return Promise.all(Array.from({ length: concurrency }, worker))
}

function percent({ ours, limit }: Medians): number {
  return 100 * (ours / limit - 1)
}
