import type { BenchCase, CaseResult } from './bench-case.ts'
import { measure, type Settings, type Timing } from './measure.ts'

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
/** Calls of each worker in one sample: the start and the end of a sample, when fewer are under way, weigh less. */
const callsOfWorker = 4

/**
 * Cases that measure what a provider adds to a call of its service's client: one after the other, and with 64 under way.
 * `ours` and `limit` are single calls; those of 64 at once stand beside, as the time of one call by Little's law.
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
  const single = await measure(inTurns(bare, provider), settings)
  const many = await measure(inTurns(manyAtOnce(bare), manyAtOnce(provider)), settings)
  const [ours, limit] = [us(single, 'ours'), us(single, 'limit')]
  const [ours64, limit64] = [us(many, 'ours') / callsOfWorker, us(many, 'limit') / callsOfWorker]
  return {
    id,
    unit: 'us',
    ours,
    limit,
    peers: {},
    beside: {
      'overhead-us': ours - limit,
      'overhead-percent': percent(ours, limit),
      'at-64-us': ours64,
      'at-64-bare-us': limit64,
      'at-64-overhead-percent': percent(ours64, limit64),
    },
  }
}

function inTurns(limit: () => Promise<unknown>, ours: () => Promise<unknown>): Parameters<typeof measure>[0] {
  return [
    { name: 'limit', run: limit },
    { name: 'ours', run: ours },
  ]
}

function manyAtOnce(call: () => Promise<unknown>): () => Promise<unknown> {
  const worker = async (): Promise<void> => {
    for (let n = 0; n < callsOfWorker; n += 1) await call()
  }
  return () => Promise.all(Array.from({ length: concurrency }, worker))
}

function us(timings: ReadonlyMap<string, Timing>, name: string): number {
  return (timings.get(name)?.medianMs ?? Number.NaN) * 1_000
}

function percent(ours: number, limit: number): number {
  return 100 * (ours / limit - 1)
}
