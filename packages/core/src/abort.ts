import { KeywrightError } from './errors.ts'

/** Refuses work whose caller has already given up. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError()
}

/**
 * Settles with the work, or as soon as the signal fires: some clients cannot be cancelled, so the caller is let go.
 * The abandoned result goes to `discard`, which wipes what it holds.
 *
 * @param work the call under way
 * @param signal the caller's signal
 * @param discard receives a result that arrived too late
 * @throws KeywrightError `aborted`
 */
export function raceAbort<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (late: T) => void,
): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    let given = false
    const giveUp = (): void => {
      given = true
      reject(abortedError())
    }
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(
      (result) => {
        signal.removeEventListener('abort', giveUp)
        if (given) discard(result)
        else resolve(result)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', giveUp)
        reject(error)
      },
    )
    if (signal.aborted) giveUp()
  })
}

/** The error of a call whose caller gave up. */
export function abortedError(): KeywrightError {
  return new KeywrightError('aborted', 'the caller aborted the call')
}
