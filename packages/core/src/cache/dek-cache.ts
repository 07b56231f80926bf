import { KeywrightError } from '../errors.ts'
import type { DataKey } from '../keyring/data-key.ts'
import { limits } from '../limits.ts'
import { HeaderPartition } from './partition.ts'

/** Options of a keyring's DEK cache. Reuse widens what one stolen DEK opens: see `docs/choosing-dek-scope.md`. */
export interface CacheOptions {
  /** How long a DEK is used, in milliseconds; default 300,000 (5 minutes), at most 24 hours. */
  readonly maxAgeMs?: number | undefined
  /** Messages that one DEK seals or opens; default 100,000, at most 2³². */
  readonly maxMessages?: number | undefined
  /** Plaintext bytes that one DEK seals or opens; default 2³⁶ (64 GiB). Streams count what they really used. */
  readonly maxBytes?: number | undefined
  /** DEKs kept at once; default 1,000. The one unused for longest goes first. */
  readonly maxEntries?: number | undefined
  /** The present time in milliseconds; for tests. Default: a monotonic clock. */
  readonly now?: (() => number) | undefined
}

/** What a DEK cache has done since it was made. */
export interface CacheStatistics {
  /** Calls served without a key manager, waits for another call's answer included. */
  readonly hits: number
  /** Calls that made a key manager work. */
  readonly misses: number
  /** DEKs dropped because of age, use, number or by hand. */
  readonly evictions: number
  /** DEKs kept now. */
  readonly entries: number
}

/** What is kept of one DEK: the key and what goes with it. */
export interface CachedKey {
  readonly dataKey: DataKey
}

/** A cached DEK in use; it is not wiped before it was released. */
export interface Lease<Value extends CachedKey> {
  readonly value: Value
  /** Counts bytes that a stream used. */
  readonly count: (bytes: number) => void
  /** Ends the use; called once. */
  readonly release: () => void
}

/** What a caller is about to do with a DEK. */
export interface CacheRequest<Value extends CachedKey> {
  /** Everything that the DEK and the right to use it depend on. Two requests of one partition share a DEK. */
  readonly partition: string
  /** Plaintext bytes known beforehand; 0 for a stream. */
  readonly bytes: number
  /** Asks the key manager; called once for any number of concurrent misses of one partition. */
  readonly load: () => Promise<Value>
}

interface Entry {
  readonly value: CachedKey
  readonly expiresAtMs: number
  messages: number
  bytes: number
  users: number
  dropped: boolean
}

/** Keeps DEKs for reuse, bounded by age, messages, bytes and number. */
export class DekCache {
  /** Partitions of opens. */
  readonly headers: HeaderPartition = new HeaderPartition()
  readonly #maxAgeMs: number
  readonly #maxMessages: number
  readonly #maxBytes: number
  readonly #maxEntries: number
  readonly #now: () => number
  /** In order of last use: a Map keeps insertion order, and every use inserts anew. */
  readonly #entries = new Map<string, Entry>()
  /** The one inserted last, so that a run of uses of one DEK inserts it once. */
  #newest: Entry | undefined
  readonly #loading = new Map<string, Promise<Entry>>()
  #epoch = 0
  #nextSweepMs = 0
  #hits = 0
  #misses = 0
  #evictions = 0

  /**
   * @throws KeywrightError `configuration`, naming the option that is out of its range
   */
  constructor(options: CacheOptions) {
    this.#maxAgeMs = inRange('maxAgeMs', options.maxAgeMs ?? 300_000, limits.cacheAgeMs)
    this.#maxMessages = inRange('maxMessages', options.maxMessages ?? 100_000, 2 ** 32)
    this.#maxBytes = inRange('maxBytes', options.maxBytes ?? 2 ** 36, Number.MAX_SAFE_INTEGER)
    this.#maxEntries = inRange('maxEntries', options.maxEntries ?? 1000, 2 ** 24)
    this.#now = options.now ?? (() => performance.now())
  }

  get statistics(): CacheStatistics {
    return { hits: this.#hits, misses: this.#misses, evictions: this.#evictions, entries: this.#entries.size }
  }

  /**
   * A DEK from the cache if one is fit, without a promise on the way: this is the path of nearly every message.
   *
   * @returns undefined when the key manager has to be asked, see {@link acquire}
   */
  peek<Value extends CachedKey>(partition: string, bytes: number): Lease<Value> | undefined {
    const entry = this.#entries.get(partition)
    if (entry === undefined) return undefined
    if (!this.#fits(entry, bytes)) {
      this.#drop(partition, entry)
      return undefined
    }
    this.#hits++
    if (entry !== this.#newest) {
      this.#entries.delete(partition)
      this.#entries.set(partition, entry)
      this.#newest = entry
    }
    return this.#lease<Value>(this.#use(entry, bytes))
  }

  /** A DEK from the cache, or from the key manager: one call for any number of concurrent misses. */
  async acquire<Value extends CachedKey>(request: CacheRequest<Value>): Promise<Lease<Value>> {
    const { partition, bytes } = request
    for (;;) {
      const ready = this.peek<Value>(partition, bytes)
      if (ready !== undefined) return ready
      const loading = this.#loading.get(partition)
      if (loading === undefined) {
        this.#misses++
        // The first user gets its lease even when it alone exceeds a limit: the entry then serves nobody else.
        return this.#lease<Value>(await this.#load(request))
      }
      const entry = await loading
      if (!entry.dropped && this.#fits(entry, bytes)) {
        this.#hits++
        return this.#lease<Value>(this.#use(entry, bytes))
      }
    }
  }

  /** Drops every DEK; a load under way still serves the call that made it, and who waits for it loads anew. */
  clear(): void {
    this.#epoch++
    this.headers.clear()
    for (const [partition, entry] of this.#entries) this.#drop(partition, entry)
  }

  async #load<Value extends CachedKey>({ partition, bytes, load }: CacheRequest<Value>): Promise<Entry> {
    const epoch = this.#epoch
    const startedMs = this.#now()
    this.#sweep(startedMs)
    const loading = load().then((value): Entry => {
      // Aged from before the call: the key manager's answer is no younger than the question. The caller that loads
      // is its first user from here on, so that nothing that happens before it runs again can wipe the key, and no
      // waiter that runs before it can take its place among the messages.
      const entry = {
        value,
        expiresAtMs: startedMs + this.#maxAgeMs,
        messages: 1,
        bytes,
        users: 1,
        dropped: false,
      }
      if (epoch === this.#epoch) this.#keep(partition, entry)
      else entry.dropped = true
      return entry
    })
    this.#loading.set(partition, loading)
    try {
      return await loading
    } finally {
      if (this.#loading.get(partition) === loading) this.#loading.delete(partition)
    }
  }

  /** Drops what expired and was not asked for again, at most once in the age of a DEK: else it would stay in memory. */
  #sweep(nowMs: number): void {
    if (nowMs < this.#nextSweepMs) return
    this.#nextSweepMs = nowMs + this.#maxAgeMs
    for (const [partition, entry] of this.#entries)
      if (nowMs >= entry.expiresAtMs) this.#drop(partition, entry)
  }

  #keep(partition: string, entry: Entry): void {
    const previous = this.#entries.get(partition)
    if (previous !== undefined) this.#drop(partition, previous)
    this.#entries.set(partition, entry)
    this.#newest = entry
    if (this.#entries.size <= this.#maxEntries) return
    const oldest = this.#entries.entries().next().value
    if (oldest !== undefined) this.#drop(...oldest)
  }

  #fits(entry: Entry, bytes: number): boolean {
    return (
      this.#now() < entry.expiresAtMs &&
      entry.messages < this.#maxMessages &&
      entry.bytes + bytes <= this.#maxBytes
    )
  }

  #drop(partition: string, entry: Entry): void {
    this.#entries.delete(partition)
    if (entry === this.#newest) this.#newest = undefined
    this.#evictions++
    entry.dropped = true
    if (entry.users === 0) entry.value.dataKey.wipe()
  }

  #use(entry: Entry, bytes: number): Entry {
    entry.users++
    entry.messages++
    entry.bytes += bytes
    return entry
  }

  /** The lease of a user that was counted already. */
  #lease<Value extends CachedKey>(entry: Entry): Lease<Value> {
    return {
      // One partition holds one kind of value: seal and open partitions begin with different letters.
      value: entry.value as Value,
      count: (more) => {
        entry.bytes += more
      },
      release: () => {
        entry.users--
        if (entry.dropped && entry.users === 0) entry.value.dataKey.wipe()
      },
    }
  }
}

function inRange(field: string, value: number, most: number): number {
  if (Number.isFinite(value) && value > 0 && value <= most) return value
  throw new KeywrightError('configuration', `cache: ${field} is a number above 0, at most ${most}`, { field })
}
