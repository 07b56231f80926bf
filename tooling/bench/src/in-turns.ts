import { median, type Settings } from './measure.ts'

const concurrency = 64
/** Calls of one sample with many under way. */
const callsAtOnce = 6 * concurrency

/** One operation done twice: by the service's client alone, and through the provider; same server, key and client. */
export interface Pair {
  readonly bare: () => Promise<unknown>
  readonly provider: () => Promise<unknown>
}

/** Makes calls and notes how long each took, in milliseconds. */
export type Sampling = (call: () => Promise<unknown>, tookMs: number[]) => Promise<unknown>

/** Of the client alone, and of the provider, in microseconds. */
export interface Medians {
  readonly ours: number
  readonly limit: number
}

/**
 * Medians of single calls, in microseconds: those of either side in turns, each time the other first, so that both meet
 * the same machine. What a busy neighbour delays is then among the slow half, which no median sees. No collection is
 * forced, unlike in `measure`: calls of microseconds bear their own, and full ones between samples make both sides slower
 * and the one with more code much more so, which no program that runs meets (decisions/0098).
 */
export async function inTurns(
  pair: Pair,
  sample: Sampling,
  { warmUpMs, shareMs }: Settings,
): Promise<Medians> {
  const tookMs: Readonly<Record<keyof Pair, number[]>> = { bare: [], provider: [] }
  const order: (keyof Pair)[] = ['bare', 'provider']
  const lasting = async (ms: number): Promise<void> => {
    for (const endMs = performance.now() + ms; performance.now() < endMs; order.reverse()) {
      for (const side of order) await sample(pair[side], tookMs[side])
    }
  }
  await lasting(2 * warmUpMs)
  for (const side of order) tookMs[side].length = 0
  await lasting(4 * shareMs)
  return { ours: 1_000 * median(tookMs.provider), limit: 1_000 * median(tookMs.bare) }
}

/** The next call begins when the one before has ended. */
export const oneCall: Sampling = async (call, tookMs) => {
  const startedMs = performance.now()
  await call()
  tookMs.push(performance.now() - startedMs)
}

/** The first calls begin all at once, which none does later: what is noted began with 63 others under way. */
export const manyAtOnce: Sampling = (call, tookMs) => {
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < callsAtOnce) await oneCall(call, begun++ < concurrency ? [] : tookMs)
  }
  return Promise.all(Array.from({ length: concurrency }, worker))
}

/** What a call takes of the time in which all are made: their order then does not matter, nor whom the server prefers. */
export const perCall: Sampling = async (call, tookMs) => {
  const startedMs = performance.now()
  await manyAtOnce(call, [])
  tookMs.push((performance.now() - startedMs) / callsAtOnce)
}
