/** What an operator does to a key, in the service's own way; `destroy` is as final as the service lets it be at once;
 * what it only schedules comes about when the clock is moved. */
export type KeyAction = 'rotate' | 'disable' | 'enable' | 'destroy'

/** The operator of one service: makes a first key, and does to keys what operators do, over the wire. */
export interface Administration {
  /**
   * Makes a first key unless there is one of that name from an earlier run.
   *
   * @returns its key URI
   */
  readonly firstKey: () => Promise<string>
  /** What can be done to the key of a URI; an action that the service has not is absent. */
  readonly actions: Readonly<Partial<Record<KeyAction, (uri: string) => Promise<void>>>>
  /** What the whole service can be put into, by name; left out by a service that has no such thing. */
  readonly states?: Readonly<Record<string, () => void>> | undefined
}

/** Name of the first key, where the service lets names be chosen. */
export const firstKeyName = 'keywright'

/** The service refused what its operator asked for. */
export class AdministrationError extends Error {
  /** @param said what the service answered, or what is wrong with the URI */
  constructor(said: string) {
    super(said)
    this.name = 'AdministrationError'
  }
}

/**
 * The reference in a key URI.
 *
 * @throws AdministrationError for a URI of another scheme
 */
export function referenceOf(uri: string, scheme: string): string {
  if (!uri.startsWith(`${scheme}://`))
    throw new AdministrationError(`a key URI here starts with ${scheme}://`)
  return uri.slice(scheme.length + 3)
}
