import type { Policy } from './options.ts'

/**
 * How long to wait before the next try: full jitter, a number drawn evenly below a bound that doubles with each try
 * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). What the service asked for comes on top,
 * so that those who were told the same do not come back together.
 *
 * @param attempt tries made so far, from 1
 * @param retryAfterMs what the service asked for
 */
export function pauseMs(policy: Policy, attempt: number, retryAfterMs: number | undefined): number {
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1))
  const asked = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0
  return asked + policy.random() * bound
}
