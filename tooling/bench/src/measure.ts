import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { inUnit } from './bench-case.ts'

/** One way of doing the work of a case; `run` does it once and returns its result (or the promise of it). */
export interface Contestant {
  readonly name: string
  readonly run: () => unknown
  /** A peer: where time is short it gets fewer samples than ours and the limit, whose ratio is what matters most. */
  readonly peer?: boolean
}

/** How long a case may take and how finely it is sampled. Times in milliseconds. */
export interface Settings {
  /** Leaves out what does not fit into 40 seconds. */
  readonly quick: boolean
  /** Shortest time one sample spans; faster work is repeated within the sample. */
  readonly batchMs: number
  /** Time each contestant runs before it is measured. */
  readonly warmUpMs: number
  /** Time given to each contestant of a case for its samples. */
  readonly shareMs: number
  /** Samples taken of each contestant, whatever they cost. */
  readonly minRounds: number
  /** The same for peers. */
  readonly minPeerRounds: number
  readonly maxRounds: number
  /** Starts of a process for each of its programs. */
  readonly processRounds: number
  /** Samples of operations on a file of 1 GiB. */
  readonly fileRounds: number
}

/** What was measured of one contestant. */
export interface Timing {
  /** For one piece of work. */
  readonly medianMs: number
  readonly rounds: number
}

interface Lane {
  readonly contestant: Contestant
  readonly samples: number[]
  repeat: number
  spentMs: number
  done: boolean
}

setFlagsFromString('--expose-gc')
// A collection before every sample would otherwise age out the bytecode of contestants that wait their turn.
setFlagsFromString('--no-flush-bytecode')
const collect = runInNewContext('gc') as () => void

async function batch(lane: Lane): Promise<number> {
  const { run } = lane.contestant
  const start = performance.now()
  let pending = run()
  if (pending instanceof Promise) {
    await pending
    for (let i = 1; i < lane.repeat; i += 1) pending = await run()
  } else {
    for (let i = 1; i < lane.repeat; i += 1) pending = run()
  }
  const elapsed = performance.now() - start
  await pending
  return elapsed
}

async function warmUp(lane: Lane, settings: Settings): Promise<void> {
  let spent = await batch(lane)
  if (lane.contestant.peer === true && spent > settings.shareMs) {
    // One run of a slow peer takes more than its share: it is the sample.
    lane.samples.push(spent)
    lane.done = true
    return
  }
  let last = spent
  while (spent < settings.warmUpMs) {
    last = (await batch(lane)) / lane.repeat
    spent += last * lane.repeat
    lane.repeat = Math.max(1, Math.min(2 * lane.repeat, Math.round(settings.batchMs / last)))
  }
  lane.repeat = Math.max(1, Math.ceil(settings.batchMs / last))
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** The middle of the samples; NaN when there are none. */
export function median(samples: readonly number[]): number {
  return quantile(
    [...samples].sort((a, b) => a - b),
    0.5,
  )
}

/**
 * Times contestants side by side: each is warmed up, then all take turns, round by round, so that a machine
 * that slows down slows all of them. Garbage of large work is collected between samples, never in the time of one. A slow
 * contestant takes part in fewer rounds, spread over the first ones.
 */
export async function measure(
  contestants: readonly Contestant[],
  settings: Settings,
): Promise<Map<string, Timing>> {
  const lanes = contestants.map(
    (contestant): Lane => ({ contestant, samples: [], repeat: 1, spentMs: 0, done: false }),
  )
  for (const lane of lanes) await warmUp(lane, settings)
  for (let round = 0; round < settings.maxRounds; round += 1) {
    let ran = 0
    for (let i = 0; i < lanes.length; i += 1) {
      const lane = lanes[(round + i) % lanes.length]
      if (lane === undefined || lane.done) continue
      const least = lane.contestant.peer === true ? settings.minPeerRounds : settings.minRounds
      if (lane.samples.length >= least && lane.spentMs >= settings.shareMs) continue
      // Many small runs in one sample bear their own collections; what a large one leaves is not the next one's.
      if (lane.repeat === 1 || i === 0) collect()
      const elapsed = await batch(lane)
      lane.samples.push(elapsed / lane.repeat)
      lane.spentMs += elapsed
      ran += 1
    }
    if (ran === 0) break
  }
  return new Map(
    lanes.map(({ contestant, samples }) => [
      contestant.name,
      { medianMs: median(samples), rounds: samples.length },
    ]),
  )
}

/** Medians of the contestants `ours` and `limit` in a unit, for `bytes` plaintext bytes. */
export function figuresOf(
  timings: ReadonlyMap<string, Timing>,
  unit: 'us' | 'MB/s' | 'ms',
  bytes: number,
): { readonly ours: number; readonly limit: number } {
  const figure = (name: string): number => inUnit(unit, timings.get(name)?.medianMs ?? Number.NaN, bytes)
  return { ours: figure('ours'), limit: figure('limit') }
}
