/** A deliberate fault, and the test that has to find it. */
export interface Mutant {
  readonly name: string
  /** Exact pieces of source, each found once in its file below `src`, and what stands there instead. */
  readonly changes: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
  /** `file > title` of the test that fails. */
  readonly killedBy: string
}

function mutant(name: string, file: string, find: string, replace: string, killedBy: string): Mutant {
  return { name, changes: [{ file, find, replace }], killedBy }
}

const down = 'cloud-down.test.ts'
const race = 'hedged.test.ts'
const first = 'first-try.test.ts'

/** Every mutant of this package. */
export const allMutants: readonly Mutant[] = [
  mutant(
    'nobody asked beside a slow KEK',
    'hedged.ts',
    'if (running.size > 0) beside++',
    '',
    `${race} > with the nearest stalled an open takes the delay and one call, and no timer is left`,
  ),
  mutant(
    'the hedge waits for the failed first',
    'hedged.ts',
    'const wanted = attempt.missing() + beside',
    'const wanted = running.size > 0 || clock.now() < dueMs - afterMs + 1 ? attempt.missing() + beside : 0',
    `${race} > a failure starts the next at once`,
  ),
  mutant(
    'everybody asked at once',
    'hedged.ts',
    'const wanted = attempt.missing() + beside',
    'const wanted = 99 + beside',
    `${race} > the nearest that answers in time is the only one asked`,
  ),
  mutant(
    'shares asked for one after the other',
    'hedged.ts',
    'const wanted = attempt.missing() + beside',
    'const wanted = 1 + beside',
    `${race} > shares are asked for at the same time, of the nearest groups`,
  ),
  mutant(
    'health ignored',
    'hedged.ts',
    'pushedBack: known.pushedBack(candidate.kek)',
    'pushedBack: 0 * known.pushedBack(candidate.kek) || 0',
    `${race} > failures in a row push back, with a policy and without`,
  ),
  mutant(
    'an open breaker still called upon',
    'standing.ts',
    'if (refuses) return Number.POSITIVE_INFINITY',
    'if (refuses) return 0',
    `${race} > one whose breaker is open is not called, and comes back in its place`,
  ),
  mutant(
    'an open breaker asked beside others',
    'hedged.ts',
    'pushedBack < Number.POSITIVE_INFINITY || running.length === 0',
    'pushedBack >= 0',
    `${race} > one whose breaker is open is not asked beside a slow one either`,
  ),
  mutant(
    'a half-open breaker treated like a closed one',
    'standing.ts',
    "seen?.breaker === 'half-open' ? Number.MAX_SAFE_INTEGER : 0",
    '0',
    'standing.test.ts > a half-open breaker comes after any number of setbacks, and before one that refuses',
  ),
  mutant(
    'who was overtaken asked first again',
    'hedged.ts',
    'if (clock.now() - sinceMs >= afterMs) known.overtaken(kek)',
    'known.helped(kek)',
    `${race} > who was overtaken stands back, and has its turn again after a while`,
  ),
  mutant(
    'no turn for who stands back',
    'standing.ts',
    'clock.now() - sinceMs >= againAfterMs ? 0 : ',
    '',
    `${race} > who was overtaken stands back, and has its turn again after a while`,
  ),
  mutant(
    'a turn for everybody at once',
    'standing.ts',
    'if (own !== undefined) own.sinceMs = clock.now()',
    '',
    `${race} > while one open tries who stood back, others do not`,
  ),
  mutant(
    'who had no time counted as slow',
    'hedged.ts',
    'if (clock.now() - sinceMs >= afterMs) known.overtaken(kek)',
    'known.overtaken(kek)',
    `${race} > who was asked beside a slow one that won after all is not blamed`,
  ),
  mutant(
    'a caller that gives up blames who runs',
    'hedged.ts',
    'if (attempt.missing() > 0) return\n',
    '',
    `${race} > a caller that gives up is let go at once, every call and timer with it, and nobody is blamed`,
  ),
  mutant(
    'a timer left at the end',
    'hedged.ts',
    'pause.abort()',
    '',
    `${race} > no timer outlives an open by a turn`,
  ),
  mutant(
    'endless patience with a connection',
    'hedged.ts',
    'patient = false',
    'void patient',
    `${race} > a connection that hangs is waited for once in an open, however soon it has its turn again`,
  ),
  mutant(
    'the same connection waited for again',
    'hedged.ts',
    'for (const kek of awaited()) known.overtaken(kek)',
    '',
    `${race} > a cloud that hangs in connecting (1) is waited for no longer than the delay, and once`,
  ),
  mutant(
    'two of one group asked where one of another is left',
    'hedged.ts',
    'ranked.find(({ group }) => !busy.has(group)) ?? (besideOthers ? ranked[0] : undefined)',
    'ranked[0] ?? (besideOthers && busy.size < 0 ? ranked[1] : undefined)',
    `${race} > the regions of a group are not asked at once where another group is left`,
  ),
  mutant(
    'a silent operation no evidence',
    'evidence.ts',
    "if (silent) return 'gone'",
    '',
    `${down} > a cloud that answers nothing costs the open that finds it out one deadline, and no other`,
  ),
  mutant(
    'slow answers taken for silence',
    'operations.ts',
    'progress.silentMs + tookMs : 0',
    'progress.silentMs + tookMs : progress.silentMs + tookMs',
    `${down} > refusals between slow tries are answers`,
  ),
  mutant(
    'the time of the first try not held against the deadline',
    'operations.ts',
    'const spentMs = clock.now() - progress.startedMs',
    'const spentMs = 0',
    `${first} > the deadline counts from the beginning of the first try`,
  ),
  mutant(
    'a place kept by a first try that failed',
    'operations.ts',
    'leave()\n      return repeated(',
    'return repeated(',
    `${first} > a first try that fails holds no place in the pause after it`,
  ),
  mutant(
    'a place given on before the breaker has learned',
    'operations.ts',
    "else if (evidence !== 'nothing') await circuit.unanswered()",
    "else if (evidence !== 'nothing') setImmediate(() => circuit.unanswered())",
    `${first} > who waits for the place of a first try that opens the breaker is refused`,
  ),
  mutant(
    'an old failure taken for that of a probe',
    'breaker.ts',
    'count.failure()\n        return',
    '',
    `${first} > a first try that fails while a later call is the probe does not end the probe`,
  ),
  mutant(
    'who waits for a place passed over',
    'places.ts',
    'if (next()) return',
    'next()',
    'places.test.ts > never more calls at once than the KEK takes, and all of them in the end',
  ),
  mutant(
    'a place given to who has gone',
    'places.ts',
    'const takes = inTime()',
    'const takes = inTime() || true',
    `${first} > a wait for a place ends with the deadline, and its call is never made`,
  ),
  mutant(
    'the wait for a place not held against the deadline',
    'operations.ts',
    'const leftMs = deadlineMs - spentMs',
    'const leftMs = deadlineMs',
    `${first} > a wait for a place ends with the deadline, and its call is never made`,
  ),
  mutant(
    'a try cut by the deadline taken for one that ran out of time',
    'operations.ts',
    'leftMs < tryMs && tookMs >= leftMs',
    'false',
    `${first} > what 1400 ms of a try cut by the deadline say of the KEK leaves the breaker closed`,
  ),
  mutant(
    'a call made that waited while the breaker opened',
    'operations.ts',
    'if (isClear(operation)) return firstTry(',
    'if (progress.attempts === 0) return firstTry(',
    `${first} > who waits for the place of a first try that opens the breaker is refused`,
  ),
  mutant(
    'a file that is missing taken for an outage',
    'network-errors.ts',
    'EREFUSED|EAI_[A-Z]+)$/',
    'EREFUSED|E[A-Z]+|EAI_[A-Z]+)$/',
    'network-errors.test.ts > the code ENOENT means undefined',
  ),
]
