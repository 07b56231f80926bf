import type { Call } from './call-log.ts'

/** What can go wrong on the way, whatever the service is. */
export type TransportFault =
  /** The answer comes later; then whatever else was asked for happens. */
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** The request is taken, the connection stays open, no answer comes. */
  | { readonly kind: 'stall' }
  /** The connection is reset before a byte of the answer. */
  | { readonly kind: 'reset' }
  /** Bytes that are not the protocol. */
  | { readonly kind: 'garbage' }
  /** The answer ends in its middle. */
  | { readonly kind: 'half-answer' }

/** What a service can say wrongly, each in the service's own words. A service passes over what it has no field for. */
export type ServiceFault =
  /** Refused for too many requests, with the delay that the service asks for, where one is given. */
  | { readonly kind: 'throttle'; readonly retryAfterSeconds?: number | undefined }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'deny' }
  /** An error of a name that the service has not. */
  | { readonly kind: 'nonsense' }
  /** An error whose message repeats the credential and the request. */
  | { readonly kind: 'leaky-error' }
  /** The answer names another key. */
  | { readonly kind: 'other-key' }
  /** The answer names another version. */
  | { readonly kind: 'other-version' }
  | { readonly kind: 'no-key-named' }
  | { readonly kind: 'no-version' }
  | { readonly kind: 'no-data-key' }
  /** Plaintext of another length; bytes beyond the true ones are zero. */
  | { readonly kind: 'data-key-length'; readonly bytes: number }
  /** Ciphertext of another length. */
  | { readonly kind: 'wrapped-length'; readonly bytes: number }
  /** A checksum in the answer does not match its field. */
  | { readonly kind: 'wrong-checksum' }
  /** A checksum of the request is not confirmed. */
  | { readonly kind: 'checksum-unverified' }

/** Something that a service shall do wrong. */
export type Fault = TransportFault | ServiceFault

/** When a fault happens. */
export interface FaultRule {
  readonly fault: Fault
  /** Only for these operations, by the service's own names. Default: all. */
  readonly operations?: readonly string[] | undefined
  /** Only for this key, in the form in which the call log names it. Default: all. */
  readonly key?: string | undefined
  /** How often. Default: until it is taken away. */
  readonly times?: number | undefined
}

/** What happens to one call. */
export interface CallFaults {
  /** Sum of the delays asked for. */
  readonly delayMs: number
  /** The first other fault that applies. */
  readonly fault: Exclude<Fault, { readonly kind: 'latency' }> | undefined
}

interface ActiveRule extends FaultRule {
  left: number
}

/** The faults that a service was told to have. */
export class Faults {
  readonly #rules = new Set<ActiveRule>()

  /**
   * Adds a rule; of several that apply, the oldest wins, and delays add up.
   *
   * @returns takes the rule away
   */
  add(rule: FaultRule): () => void {
    const active: ActiveRule = { ...rule, left: rule.times ?? Number.POSITIVE_INFINITY }
    this.#rules.add(active)
    return () => void this.#rules.delete(active)
  }

  clear(): void {
    this.#rules.clear()
  }

  /** The rules in force, oldest first. */
  get rules(): readonly FaultRule[] {
    return [...this.#rules].map(({ left, ...rule }) =>
      Number.isFinite(left) ? { ...rule, times: left } : rule,
    )
  }

  /** What happens to this call; uses up one time of each rule that does. */
  take(call: Call): CallFaults {
    let delayMs = 0
    let fault: CallFaults['fault']
    for (const rule of this.#rules) {
      if (rule.operations !== undefined && !rule.operations.includes(call.operation)) continue
      if (rule.key !== undefined && rule.key !== call.key) continue
      if (rule.fault.kind === 'latency') delayMs += rule.fault.milliseconds
      else if (fault === undefined) fault = rule.fault
      else continue
      rule.left -= 1
      if (rule.left <= 0) this.#rules.delete(rule)
    }
    return { delayMs, fault }
  }
}
