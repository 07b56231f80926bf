import { raceAbort, throwIfAborted } from '../abort.ts'
import type { ChunkEngine } from '../body/chunk-engine.ts'
import type { CachedKey, DekCache, Lease } from '../cache/dek-cache.ts'
import { contextPartition } from '../cache/partition.ts'
import { type AssociatedData, associatedDataBytes } from '../format/associated-data.ts'
import { type CanonicalContext, canonicalContext, type EncryptionContext } from '../format/context.ts'
import { encodeHeader, type HeaderBase } from '../format/header.ts'
import { bodyContext, bodyContextBase } from '../format/key-checks.ts'
import { encodeKeyTable } from '../format/key-table.ts'
import { encodePreamble, makePreamble, type Preamble } from '../format/preamble.ts'
import type { DataKey } from '../keyring/data-key.ts'
import type { Keyring } from '../keyring/keyring.ts'
import type { KeyPolicy } from '../keyring/policy.ts'
import { wrapNewDataKey } from '../keyring/wrap-data-key.ts'

/** Options of every way to seal. */
export interface SealOptions {
  readonly keys: Keyring
  /** Coarse: tenant, table, purpose. Given to the key manager, bound into every derivation. Default: {}. */
  readonly context?: EncryptionContext | undefined
  /** Names of the context whose values are not stored in the header; a reader has to know them. */
  readonly withhold?: readonly string[] | undefined
  /** Fine: row, column. Bound into the body, never stored; a reader has to state the same. */
  readonly associatedData?: AssociatedData | undefined
  /** Seals and opens large bodies on several cores; see `@keywright/core/threads`. */
  readonly threads?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is the same for every envelope of one DEK. */
interface SealKey extends CachedKey {
  readonly preambleBytes: Uint8Array
  readonly keyCheck: Uint8Array
  readonly keyTableBytes: Uint8Array
  readonly compactHeader: Uint8Array
  readonly bodyContextBase: Uint8Array
}

/** A DEK ready to seal one body. */
export interface SealSession {
  readonly dataKey: DataKey
  /** A whole compact header, shared with other sessions: copy it, never write to it. */
  readonly compactHeader: Uint8Array
  /** The parts of a header of another layout. */
  readonly preambleBytes: Uint8Array
  readonly keyCheck: Uint8Array
  readonly keyTableBytes: Uint8Array
  /** What the body is bound to. */
  readonly bodyContext: Uint8Array
  /** Counts plaintext bytes that were not known at the start. */
  readonly count: (bytes: number) => void
  /** Ends the use of the DEK; called exactly once. */
  readonly release: () => void
}

/**
 * Gets a DEK for one new envelope, from the keyring's cache or from its key managers.
 *
 * @param options as given by the caller; everything is checked before the first call
 * @param plaintextBytes 0 when it is not known yet
 * @throws KeywrightError `invalid-argument`, `limit-exceeded`, `configuration`, or what a key manager answered
 */
export function startSeal(options: SealOptions, plaintextBytes: number): SealSession | Promise<SealSession> {
  throwIfAborted(options.signal)
  const { cache } = options.keys
  const associatedData = associatedDataBytes(options.associatedData)
  if (cache === undefined) return sealUncached(options, associatedData)
  const partition = sealPartition(options)
  const ready = partition === undefined ? undefined : cache.peek<SealKey>(partition, plaintextBytes)
  if (ready !== undefined) return session(ready, associatedData)
  return sealCached(options, associatedData, plaintextBytes, cache)
}

async function sealUncached(options: SealOptions, associatedData: Uint8Array): Promise<SealSession> {
  const { keys, signal } = options
  const context = canonicalContext(options.context)
  const preamble = makePreamble(context, options.withhold ?? [], 'single')
  const value = await keys.withKeks((policy) => newSealKey(context, preamble, policy, signal))
  const release = (): void => value.dataKey.wipe()
  return session({ value, count: () => {}, release }, associatedData)
}

async function sealCached(
  options: SealOptions,
  associatedData: Uint8Array,
  bytes: number,
  cache: DekCache,
): Promise<SealSession> {
  const { keys, signal } = options
  // The checks run before anything is shared: a refused context is the caller's own error, not the next one's. What
  // is kept, and what it is kept under, come from one reading: the caller's objects may change while this waits.
  const withhold = [...(options.withhold ?? [])]
  const context = canonicalContext(options.context)
  const preamble = makePreamble(context, withhold, 'shared')
  const partition = sealPartition({ context: Object.fromEntries(context.pairs), withhold }) ?? ''
  const lease = keys.withKeks((policy) =>
    // Without the caller's signal: others may wait for the same answer.
    cache.acquire<SealKey>({
      partition,
      bytes,
      load: () => newSealKey(context, preamble, policy, undefined),
    }),
  )
  return session(await raceAbort(lease, signal, (late) => late.release()), associatedData)
}

function sealPartition({ context, withhold }: Pick<SealOptions, 'context' | 'withhold'>): string | undefined {
  const pairs = contextPartition(context)
  if (pairs === undefined) return undefined
  if (withhold === undefined || withhold.length === 0) return `s${pairs}`
  return `w${withhold.map((name) => `${name.length}:${name}`).join('')}|${pairs}`
}

async function newSealKey(
  context: CanonicalContext,
  preamble: Preamble,
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<SealKey> {
  const preambleBytes = encodePreamble(preamble)
  const withholds = preamble.withheldNames.length > 0
  const request = { context, preambleBytes, withholds, signal }
  const { dataKey, keyCheck, keyTable } = await wrapNewDataKey(policy, request)
  const keyTableBytes = encodeKeyTable(keyTable)
  const base: Omit<HeaderBase, 'preamble'> = { layout: 'compact', blockShift: 0, preambleBytes, keyCheck }
  return {
    dataKey,
    preambleBytes,
    keyCheck,
    keyTableBytes,
    compactHeader: encodeHeader(base, keyTableBytes),
    bodyContextBase: bodyContextBase(preambleBytes, context.bytes),
  }
}

function session(lease: Lease<SealKey>, associatedData: Uint8Array): SealSession {
  const { value, count, release } = lease
  return {
    dataKey: value.dataKey,
    compactHeader: value.compactHeader,
    preambleBytes: value.preambleBytes,
    keyCheck: value.keyCheck,
    keyTableBytes: value.keyTableBytes,
    bodyContext: bodyContext(value.bodyContextBase, associatedData),
    count,
    release,
  }
}
