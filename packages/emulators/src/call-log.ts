/** One request as the service understood it; it holds nothing secret. */
export interface Call {
  /** The service's own name of the operation, such as `Decrypt` or `wrapkey`. */
  readonly operation: string
  /** The key it was for, in the service's own canonical form; undefined where none was named. */
  readonly key?: string | undefined
  /** Who asked: an access key id, the subject of a token, … */
  readonly principal?: string | undefined
}

/** A call with what became of it. */
export interface AnsweredCall extends Call {
  /** HTTP status, or gRPC status code; undefined when no whole answer was sent. */
  readonly status: number | undefined
  /** The service's name of the error; undefined for a success. */
  readonly error?: string | undefined
}

/** Calls kept; older ones are counted and forgotten, so that a soak test does not fill the memory. */
const kept = 10_000

/** What a service was asked, in order. */
export class CallLog {
  readonly #calls: AnsweredCall[] = []
  readonly #counts = new Map<string, number>()
  readonly #listeners = new Set<(call: AnsweredCall) => void>()

  record(call: AnsweredCall): void {
    this.#counts.set(call.operation, (this.#counts.get(call.operation) ?? 0) + 1)
    this.#calls.push(call)
    if (this.#calls.length > 2 * kept) this.#calls.splice(0, kept)
    for (const listener of this.#listeners) listener(call)
  }

  /** The latest calls, oldest first; at least the last 10,000. */
  get latest(): readonly AnsweredCall[] {
    return this.#calls
  }

  /**
   * How many calls there were since the start or the last {@link clear}.
   *
   * @param operation counts this operation only
   */
  count(operation?: string): number {
    if (operation !== undefined) return this.#counts.get(operation) ?? 0
    let sum = 0
    for (const count of this.#counts.values()) sum += count
    return sum
  }

  /** The names of the operations that were asked for, sorted, each once. */
  operations(): readonly string[] {
    return [...this.#counts.keys()].sort()
  }

  clear(): void {
    this.#calls.length = 0
    this.#counts.clear()
  }

  /**
   * Hears of every call from now on.
   *
   * @returns ends it
   */
  listen(listener: (call: AnsweredCall) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
