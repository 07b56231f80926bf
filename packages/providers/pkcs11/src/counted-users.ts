interface Entry<T> {
  readonly value: Promise<T>
  users: number
}

/** Things that several owners use under one name: the first makes it, the last ends it, and a next one waits for that. */
export class Shared<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #ending = new Map<string, Promise<void>>()

  /** How many names are in use. */
  get size(): number {
    return this.#entries.size
  }

  /** @param make a failure is everybody's who waited for it, and the next caller tries again */
  async acquire(name: string, make: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(name) ?? this.#add(name, make)
    entry.users++
    return entry.value
  }

  /** Gives back what was acquired; the last one's `end` is run. */
  async release(name: string, end: (value: T) => Promise<void>): Promise<void> {
    const entry = this.#entries.get(name)
    if (entry === undefined || --entry.users > 0) return
    this.#entries.delete(name)
    const ended = entry.value.then(end)
    this.#ending.set(
      name,
      ended.catch(() => {}),
    )
    await ended
  }

  #add(name: string, make: () => Promise<T>): Entry<T> {
    const entry = { value: (this.#ending.get(name) ?? Promise.resolve()).then(make), users: 0 }
    this.#entries.set(name, entry)
    entry.value.catch(() => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name)
    })
    return entry
  }
}
