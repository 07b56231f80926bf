import { type Mutant, mutant } from './mutant.ts'

const kek = 'provider/connected-kek.ts'
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
    kek,
    'if (closed) throw',
    'if (closed && connection === undefined) throw',
    'provider-calls.test.ts > every call after close is refused, and close is called once',
  ),
  mutant(
    'connected once per call',
    kek,
    'if (connection === undefined) {',
    'if (connection === undefined || uri.length > 0) {',
    'provider-calls.test.ts > a KEK connects once, however often and concurrently it is used',
  ),
  mutant(
    'a failed connection kept',
    kek,
    'if (connection === attempt) connection = undefined',
    'if (connection !== attempt) connection = undefined',
    'provider-calls.test.ts > a connection that failed may be tried again',
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
