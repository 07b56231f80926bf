import type { Kek, KeyringOptions } from '@keywright/core'
import { type Clock, systemClock } from './clock.ts'
import { day, within } from './options.ts'
import { type Standing, standing } from './standing.ts'

/** Options of {@link hedged}. Every time is in milliseconds, from 1 to 86,400,000 (a day). */
export interface HedgeOptions {
  /** How long a KEK is waited for before the next one is asked beside it. Default 100. */
  readonly afterMs?: number | undefined
  /** How long a KEK that failed or was overtaken stands back before one open asks it in its place again. Default 10,000. */
  readonly againAfterMs?: number | undefined
  /** The time to go by. Default: the machine's monotonic clock. */
  readonly clock?: Clock | undefined
}

type OpenStrategy = NonNullable<KeyringOptions['openStrategy']>
type Attempt = Parameters<OpenStrategy>[0]
type Candidate = ReturnType<Attempt['candidates']>[number]

/**
 * Opens with the nearest healthy KEKs, and asks the next one beside them when they take too long (Dean and Barroso, "The
 * Tail at Scale", 2013). For a keyring's `openStrategy`; one may serve any number of keyrings.
 *
 * As many KEKs are asked at once as shares are needed, each of another group, in the keyring's order. Whoever failed or
 * was overtaken of late comes after the others, whoever has half-opened its breaker after these; one whose breaker
 * refuses is asked only when nobody else is left. A failure starts the next at once, `afterMs` without an answer one
 * more. The first that suffice open; the others are aborted, and what they answer is zero-filled. A KEK still to be
 * connected is waited for no longer than `afterMs`.
 *
 * @throws KeywrightError `configuration` for a time out of bounds
 */
export function hedged(options: HedgeOptions = {}): OpenStrategy {
  const clock = options.clock ?? systemClock
  const afterMs = within('afterMs', options.afterMs ?? 100, day)
  const known = standing(within('againAfterMs', options.againAfterMs ?? 10_000, day), clock)
  return (attempt) => race(attempt, known, afterMs, clock)
}

/** A call under way: since when, and its end. */
interface Call {
  readonly sinceMs: number
  readonly end: Promise<void>
}

async function race(attempt: Attempt, known: Standing, afterMs: number, clock: Clock): Promise<void> {
  const running = new Map<Candidate, Call>()
  let beside = 0
  let dueMs = clock.now() + afterMs
  let patient = true
  const onOver = (): void => {
    // A caller that gave up overtook nobody. Who helped last is still among these, and is forgiven next.
    if (attempt.missing() > 0) return
    for (const [{ kek }, { sinceMs }] of running) if (clock.now() - sinceMs >= afterMs) known.overtaken(kek)
  }
  attempt.signal.addEventListener('abort', onOver, { once: true })

  const awaited = (): readonly Kek[] =>
    patient ? attempt.unknown().filter((kek) => known.pushedBack(kek) === 0) : []

  const ask = async (candidate: Candidate): Promise<void> => {
    const { kek } = candidate
    const outcome = await candidate.ask()
    running.delete(candidate)
    if (outcome === 'helped') known.helped(kek)
    else if (outcome !== 'aborted') known.failed(kek, outcome)
  }

  const start = (candidate: Candidate): void => {
    const sinceMs = clock.now()
    known.asked(candidate.kek)
    dueMs = sinceMs + afterMs
    running.set(candidate, { sinceMs, end: ask(candidate) })
  }

  while (!attempt.signal.aborted) {
    const wanted = attempt.missing() + beside
    while (awaited().length === 0 && running.size < wanted) {
      const next = choose(attempt, [...running.keys()], known, running.size >= attempt.missing())
      if (next === undefined) break
      start(next)
    }
    const idle = running.size === 0 && attempt.unknown().length === 0
    if (idle && attempt.candidates().length === 0) return
    const events = [attempt.changed(), ...[...running.values()].map(({ end }) => end)]
    const overtaker = choose(attempt, [...running.keys()], known, true)
    const pause = new AbortController()
    if (awaited().length > 0 || (running.size > 0 && overtaker !== undefined)) {
      events.push(clock.sleep(Math.max(0, dueMs - clock.now()), pause.signal).catch(() => {}))
    }
    await Promise.race(events)
    pause.abort()
    if (clock.now() < dueMs) continue
    for (const kek of awaited()) known.overtaken(kek)
    if (running.size > 0) beside++
    patient = false
    dueMs = clock.now() + afterMs
  }
}

/** The nearest healthy candidate, of a group that nobody is asked of if there is one. */
function choose(
  attempt: Attempt,
  running: readonly Candidate[],
  known: Standing,
  besideOthers: boolean,
): Candidate | undefined {
  const busy = new Set(running.map(({ group }) => group))
  const ranked = attempt
    .candidates()
    .map((candidate) => ({ candidate, pushedBack: known.pushedBack(candidate.kek) }))
    .filter(({ pushedBack }) => pushedBack < Number.POSITIVE_INFINITY || running.length === 0)
    .sort((one, other) =>
      one.pushedBack < other.pushedBack ? -1 : Number(one.pushedBack > other.pushedBack),
    )
    .map(({ candidate }) => candidate)
  return ranked.find(({ group }) => !busy.has(group)) ?? (besideOthers ? ranked[0] : undefined)
}
