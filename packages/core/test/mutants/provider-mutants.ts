import { type Mutant, mutant } from './mutant.ts'

const kek = 'provider/connected-kek.ts'
const connection = 'provider/connection.ts'
const answers = 'provider/answers.ts'

/** Faults in what core does for every key manager. */
export const providerMutants: readonly Mutant[] = [
  mutant(
    'answered key not compared',
    answers,
    'if (!ownsReference(driver, answeredKey))',
    'if (answeredKey.length < 0)',
    'provider-answers.test.ts > an answer for another key than the one asked is a mismatch',
  ),
  mutant(
    'answered version not compared',
    answers,
    'keyVersion !== askedVersion',
    'keyVersion.length < 0',
    'provider-answers.test.ts > an answer of another version than the one asked is a mismatch',
  ),
  mutant(
    'missing version accepted',
    answers,
    "if (told) throw invalid('keyVersion')",
    '',
    'provider-answers.test.ts > what the service tells has to be told',
  ),
  mutant(
    '33 bytes accepted from a driver',
    answers,
    'if (answer.dataKey.length !== limits.dataKeyBytes)',
    'if (answer.dataKey.length < limits.dataKeyBytes)',
    'provider-answers.test.ts > an unwrap that is answered with > 33 bytes that end in zero is an invalid response',
  ),
  mutant(
    "the driver's bytes not zero-filled",
    answers,
    'answer.dataKey.fill(0)',
    'void answer',
    "provider-answers.test.ts > the driver's bytes are zero-filled and the caller gets its own",
  ),
  mutant(
    'a reference rule that throws ends the open',
    answers,
    'return false\n  }\n}',
    "throw new Error('x')\n  }\n}",
    'provider-answers.test.ts > a rule that trips over a reference says no',
  ),
  mutant(
    'raw driver error leaks',
    kek,
    'throw failure(error, operation)',
    'throw error',
    'provider-calls.test.ts > nothing of a raw error leaves, by any way of looking',
  ),
  mutant(
    'classification not guarded',
    kek,
    "return { code: 'unknown' }",
    'throw error',
    'provider-calls.test.ts > a classification that fails itself is an unknown error, and leaks nothing',
  ),
  mutant(
    'abort not raced',
    kek,
    'const answer = await raceAbort(kek.unwrapKey(own), own.signal, wipeDataKey)',
    'const answer = await kek.unwrapKey(own)',
    'provider-calls.test.ts > an abort lets the caller go although the client cannot be cancelled, and a late key is wiped',
  ),
  mutant(
    'a late key not wiped',
    kek,
    'late.dataKey.fill(0)',
    'void late',
    'provider-calls.test.ts > an abort lets the caller go although the client cannot be cancelled, and a late key is wiped',
  ),
  mutant(
    'use after close accepted',
    connection,
    'if (over) throw closed()',
    'if (over && ready === undefined) throw closed()',
    'provider-calls.test.ts > every call after close is refused, and close is called once',
  ),
  mutant(
    'connected once per call',
    connection,
    'now() - newest.startedMs < joinableMs',
    'now() - newest.startedMs < 0',
    'provider-calls.test.ts > a KEK connects once, however often and concurrently it is used',
  ),
  mutant(
    'a failed connection kept',
    connection,
    'end(attempt)\n        waiting.reject(error)',
    'waiting.reject(error)',
    'provider-calls.test.ts > a connection that failed may be tried again',
  ),
  mutant(
    'a connection without an answer waited for, for ever',
    connection,
    'now() - newest.startedMs < joinableMs',
    'now() - newest.startedMs < Number.POSITIVE_INFINITY',
    'connection.test.ts > an attempt that gets no answer does not hold up who comes later',
  ),
  mutant(
    'a slow connection thrown away for a new one',
    connection,
    'attempts.length === attemptsAtOnce',
    'attempts.length > 0',
    'connection.test.ts > an attempt that is only slow serves who began another beside it, and the driver of that is closed',
  ),
  mutant(
    'one more connection with each caller that waits in vain',
    connection,
    'attempts.length === attemptsAtOnce',
    'attempts.length < 0',
    'connection.test.ts > never more than two attempts: a third gives the oldest up',
  ),
  mutant(
    'a late driver left open',
    connection,
    'made.close().catch(() => {})\n',
    '\n',
    'connection.test.ts > a driver that comes after its attempt was given up is closed',
  ),
  mutant(
    'who waits forgotten by close',
    connection,
    'for (const attempt of [...attempts]) giveUp(attempt, closed())\n',
    '\n',
    'connection.test.ts > close gives every attempt up, refuses who waits, and later closes what they make',
  ),
  mutant(
    'a foreign slot asked for',
    kek,
    'refuseForeignSlot(own, kek)\n',
    '\n',
    'provider-answers.test.ts > a slot of another key, algorithm or without its version never reaches the driver',
  ),
  mutant(
    'capabilities not compared with the driver',
    kek,
    'if (wrong)',
    'if (wrong && field.length === 0)',
    'provider-calls.test.ts > generation there and not declared is a mistake of the provider, found on connection',
  ),
]
