import type { Awaitable } from './primitives.ts'

/**
 * Goes on with a result at once where it is there, and later only where it is not: with primitives that answer at
 * once, a whole message then pays for one promise and not for one at every step.
 *
 * @param value what a primitive gave
 * @param next what to do with it
 */
export function goOn<T, Next>(value: Awaitable<T>, next: (value: T) => Awaitable<Next>): Awaitable<Next> {
  return value instanceof Promise ? value.then(next) : next(value)
}
