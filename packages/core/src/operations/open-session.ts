import { raceAbort, throwIfAborted } from '../abort.ts'
import type { ChunkEngine } from '../body/chunk-engine.ts'
import type { CachedKey, DekCache, Lease } from '../cache/dek-cache.ts'
import { contextPartition } from '../cache/partition.ts'
import { KeywrightError } from '../errors.ts'
import { type AssociatedData, associatedDataBytes } from '../format/associated-data.ts'
import type { CanonicalContext } from '../format/context.ts'
import { decodeHeader, type Header } from '../format/header.ts'
import { bodyContext, bodyContextBase } from '../format/key-checks.ts'
import type { DataKey } from '../keyring/data-key.ts'
import type { Keyring } from '../keyring/keyring.ts'
import type { KeyPolicy } from '../keyring/policy.ts'
import { unwrapDataKey } from '../keyring/unwrap-data-key.ts'
import { type ExpectedContext, expectContext } from './expected-context.ts'

/** Options of every way to open. */
export interface OpenOptions extends ExpectedContext {
  readonly keys: Keyring
  /** What the body was sealed with. */
  readonly associatedData?: AssociatedData | undefined
  /** Seals and opens large bodies on several cores; see `@keywright/core/threads`. */
  readonly threads?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/** A header to open: its bytes for the cache, and how to decode them. */
export interface HeaderSource {
  /** Exactly the header: an envelope with other bytes here is another one. */
  readonly bytes: Uint8Array
  /** Decodes and checks them, or a copy of them; called when the cache does not know them. */
  readonly decode: (bytes: Uint8Array) => Header
}

interface OpenKey extends CachedKey {
  readonly bodyContextBase: Uint8Array
}

/** A DEK ready to open one body. */
export interface OpenSession {
  readonly dataKey: DataKey
  /** What the body is bound to. */
  readonly bodyContext: Uint8Array
  /** Counts plaintext bytes that were opened. */
  readonly count: (bytes: number) => void
  /** Ends the use of the DEK; called exactly once. */
  readonly release: () => void
}

/** The source of a compact or detached header that stands alone. */
export function headerSource(bytes: Uint8Array): HeaderSource {
  return { bytes, decode: onlyHeader }
}

/** What stands beside its body is a header and nothing else, whatever layout it names. */
function onlyHeader(bytes: Uint8Array): Header {
  const { header, length } = decodeHeader(bytes)
  if (length === bytes.length) return header
  throw new KeywrightError('malformed-envelope', 'bytes follow a header that stands alone', {
    field: 'header',
  })
}

/**
 * Gets the DEK of an envelope, steps 4 to 9 of the reading order (KW-OPN-1): from the keyring's cache, whose entries
 * depend on every byte of the header and on the expected context, or from its key managers.
 *
 * @throws KeywrightError the code of the first step that fails
 */
export function startOpen(source: HeaderSource, options: OpenOptions): OpenSession | Promise<OpenSession> {
  throwIfAborted(options.signal)
  const { cache } = options.keys
  const associatedData = associatedDataBytes(options.associatedData)
  if (cache === undefined) return openUncached(source, options, associatedData)
  const partition = openPartition(source.bytes, options, cache)
  const ready = partition === undefined ? undefined : cache.peek<OpenKey>(partition, 0)
  if (ready !== undefined) return session(ready, associatedData)
  return openCached(source, options, associatedData, cache)
}

async function openUncached(
  source: HeaderSource,
  options: OpenOptions,
  associatedData: Uint8Array,
): Promise<OpenSession> {
  const { keys, signal } = options
  const header = source.decode(source.bytes)
  const context = expectContext(header.preamble, options)
  const value = await keys.withKeks((policy) => newOpenKey(header, context, policy, signal))
  return session({ value, count: () => {}, release: () => value.dataKey.wipe() }, associatedData)
}

async function openCached(
  source: HeaderSource,
  options: OpenOptions,
  associatedData: Uint8Array,
  cache: DekCache,
): Promise<OpenSession> {
  const { keys, signal, trustStoredContext } = options
  // What is kept, and what it is kept under, come from one copy of the header and one reading of the context: shared
  // memory or an accessor could show one thing to the check and another to the cache.
  const bytes = new Uint8Array(source.bytes)
  // Decoding and comparing come first: what they refuse is refused without a call, and never waits for one.
  const header = source.decode(bytes)
  const context = expectContext(header.preamble, { context: options.context, trustStoredContext })
  const stated = trustStoredContext === true ? undefined : Object.fromEntries(context.pairs)
  const partition = openPartition(bytes, { context: stated, trustStoredContext }, cache) ?? ''
  const lease = keys.withKeks((policy) =>
    // Without the caller's signal: others may wait for the same answer.
    cache.acquire<OpenKey>({
      partition,
      bytes: 0,
      load: () => newOpenKey(header, context, policy, undefined),
    }),
  )
  return session(await raceAbort(lease, signal, (late) => late.release()), associatedData)
}

function openPartition(header: Uint8Array, options: ExpectedContext, cache: DekCache): string | undefined {
  const pairs = contextPartition(options.context)
  if (pairs === undefined || (options.trustStoredContext === true && options.context !== undefined))
    return undefined
  return cache.headers.of(header, options.trustStoredContext === true ? 'trusted' : pairs)
}

async function newOpenKey(
  header: Header,
  context: CanonicalContext,
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<OpenKey> {
  const dataKey = await unwrapDataKey(header, policy, context, signal)
  return { dataKey, bodyContextBase: bodyContextBase(header.preambleBytes, context.bytes) }
}

function session({ value, count, release }: Lease<OpenKey>, associatedData: Uint8Array): OpenSession {
  return {
    dataKey: value.dataKey,
    bodyContext: bodyContext(value.bodyContextBase, associatedData),
    count,
    release,
  }
}
