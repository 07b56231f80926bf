import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@keywright/resilience'
import { VaultFailure } from './vault-failure.ts'

/** How long work may take that several callers wait for, or none. */
export interface TryLimit {
  readonly ms: number
  readonly clock: Clock
}

/** The machine's time, whose timers hold no process open. */
export const machineClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { ref: false, signal }).catch(() => {}),
}

/** The policy's default for a try, for a KEK without the policy. */
const defaultTryMs = 3_000

/** The limit that the policy around a KEK has for one try. */
export function tryLimitOf(
  resilience: { readonly tryTimeoutMs?: number | undefined; readonly clock?: Clock | undefined } | false = {},
): TryLimit {
  const { tryTimeoutMs = defaultTryMs, clock = machineClock } = resilience === false ? {} : resilience
  return { ms: tryTimeoutMs, clock }
}

/**
 * Does work that no caller's signal may end, because others wait for it too. At the limit it fails, whether or not it
 * obeys the signal that it is given.
 *
 * @throws VaultFailure `ETIMEDOUT`
 */
export function withinTry<T>({ ms, clock }: TryLimit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()]
  return new Promise((resolve, reject) => {
    const expire = (): void => {
      if (done.signal.aborted) return
      reject(new VaultFailure('ETIMEDOUT'))
      late.abort()
    }
    clock.sleep(ms, done.signal).then(expire, expire)
    work(late.signal)
      .finally(() => done.abort())
      .then(resolve, reject)
  })
}
