import { KeywrightError } from '../errors.ts'

/**
 * Guards a sequence of steps that must never overlap: two overlapping steps would seal different bytes under one
 * chunk number. After a failure every later step fails with the same error; after the end none is accepted.
 */
export class OneAtATime {
  readonly #wipe: () => void
  #busy = false
  #ended = false
  #failure: { readonly error: unknown } | undefined

  /** @param wipe zero-fills what the steps share; called once no step can follow, and never during one */
  constructor(wipe: () => void) {
    this.#wipe = wipe
  }

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
      this.#failure ??= { error }
      throw error
    } finally {
      this.#busy = false
      if (this.#ended || this.#failure !== undefined) this.#wipe()
    }
  }

  /** Makes every later step fail, unless one failed before. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    if (!this.#busy) this.#wipe()
  }
}
