/**
 * Who may do what: the operations that each principal was granted. A principal that nothing was said of may do
 * everything, so that an emulator is of use without a word about permissions.
 */
export class Grants {
  readonly #granted = new Map<string, ReadonlySet<string>>()

  /**
   * Limits a principal to these operations, in place of what it had.
   *
   * @param operations the service's own names of operations or permissions; none at all: it may do nothing
   */
  limit(principal: string, operations: Iterable<string>): void {
    this.#granted.set(principal, new Set(operations))
  }

  /** Gives a principal everything again. */
  release(principal: string): void {
    this.#granted.delete(principal)
  }

  allows(principal: string, operation: string): boolean {
    return this.#granted.get(principal)?.has(operation) ?? true
  }
}
