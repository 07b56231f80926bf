import type { BenchCase, CaseResult } from './bench-case.ts'
import { inTurns, type Medians, manyAtOnce, oneCall, type Pair, perCall } from './in-turns.ts'
import type { Settings } from './measure.ts'

/** A provider on a server that runs in another process. */
export interface OverheadSubject<Operation extends string> {
  readonly pairs: Readonly<Record<Operation, Pair>>
  /** What the emulators printed, with their control endpoint. */
  readonly environment: Readonly<Record<string, string>>
  /** The service's name at that endpoint. */
  readonly service: string
  readonly close: () => Promise<void>
}

/** Answers of a key manager elsewhere take milliseconds; with 64 under way this many leave the calling thread idle at times. */
const distanceMs = 20

/**
 * Cases that measure what a provider adds to a call of its service's client: one after the other; with 64 under way at
 * a server that answers after 20 ms; and how fast they follow one another with 64 under way at one that answers at once,
 * which keeps the calling thread busy all the time. `ours` and `limit` are single calls, the others stand beside.
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
          return await overhead(id, subject, subject.pairs[operation], settings)
        } finally {
          await subject.close()
        }
      },
    }
  })
}

async function overhead(
  id: string,
  { environment, service }: Pick<OverheadSubject<never>, 'environment' | 'service'>,
  pair: Pair,
  settings: Settings,
): Promise<CaseResult> {
  const single = await inTurns(pair, oneCall, settings)
  const busy = await inTurns(pair, perCall, settings)
  await control(environment, { service, fault: { kind: 'latency', milliseconds: distanceMs } })
  const many = await inTurns(pair, manyAtOnce, settings)
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
      'busy-64-us': busy.ours,
      'busy-64-bare-us': busy.limit,
      'busy-64-overhead-percent': percent(busy),
    },
  }
}

/** Lets the emulator answer later. */
async function control(
  {
    KEYWRIGHT_EMULATORS_CONTROL: url = '',
    KEYWRIGHT_EMULATORS_TOKEN: token = '',
  }: Readonly<Record<string, string>>,
  rule: object,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const { status } = await fetch(`${url}/faults`, { method: 'POST', headers, body: JSON.stringify(rule) })
  if (status !== 201) throw new Error(`the emulators' control endpoint answered ${status}`)
}

function percent({ ours, limit }: Medians): number {
  return 100 * (ours / limit - 1)
}
