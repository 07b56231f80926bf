import { KeywrightError } from '../errors.ts'

/**
 * Guards a sequence of steps that must never overlap: two overlapping steps would seal different bytes under one
 * chunk number. After a failure every later step fails with the same error; after the end none is accepted.
 */
export class OneAtATime {
  #busy = false
  #ended = false
  #failure: { readonly error: unknown } | undefined

  /**
   * Runs a step.
   *
   * @param step what to do
   * @param last whether nothing may follow
   * @throws KeywrightError `invalid-argument` while a step is under way, and after the last one
   */
  async run<T>(step: () => Promise<T>, last: boolean): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#busy || this.#ended) {
      throw new KeywrightError('invalid-argument', 'Await each push, and push nothing after the end.', {
        field: 'push',
      })
    }
    this.#busy = true
    this.#ended = last
    try {
      return await step()
    } catch (error) {
      this.#failure = { error }
      throw error
    } finally {
      this.#busy = false
    }
  }

  /** Makes every later step fail. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Whether a step is under way. */
  get busy(): boolean {
    return this.#busy
  }
}
