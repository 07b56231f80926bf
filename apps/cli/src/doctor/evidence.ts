import { isKeywrightError, type Kek, type KeyDescription, keyring, open, seal } from '@keywright/core'
import { canonicalContext, keyContext } from '@keywright/core/engine'
import {
  type Answer,
  type AnsweredTime,
  type Operation,
  type ProbedCall,
  type ProbeLimits,
  Prober,
} from './prober.ts'

type Identity = Awaited<ReturnType<Kek['connect']>>
type Wrapped = Awaited<ReturnType<Kek['wrapKey']>>

/** An unwrap that was answered; the key itself is gone. */
export interface Unwrapped {
  /** Whether it is the data key that had been wrapped. */
  readonly isSame: boolean
  readonly keyVersion: string | undefined
}

/** What the calls to one key gave. A field is undefined where its call was not made. */
export interface Evidence {
  readonly calls: readonly ProbedCall[]
  /** The times that its answers stated. */
  readonly times: readonly AnsweredTime[]
  readonly connect?: Answer<Identity> | undefined
  readonly describe?: Answer<KeyDescription> | undefined
  readonly wrap?: Answer<Wrapped> | undefined
  readonly generate?: Answer<Wrapped> | undefined
  /** Which call made the wrapped key that the unwraps below were asked for. */
  readonly wrappedBy?: 'wrapKey' | 'generateDataKey' | undefined
  readonly unwrap?: Answer<Unwrapped> | undefined
  readonly wrongContext?: Answer<Unwrapped> | undefined
  readonly flippedByte?: Answer<Unwrapped> | undefined
  readonly unwrapGenerated?: Answer<Unwrapped> | undefined
  readonly rewrap?: Answer<Wrapped> | undefined
  readonly unwrapRewrapped?: Answer<Unwrapped> | undefined
  /** Whether an envelope of this key is refused for another context: asked where only the envelope binds it. */
  readonly envelopeRefuses?: Answer<boolean> | undefined
}

/** What the calls are made with. */
export interface GatherOptions extends ProbeLimits {
  /** Context of the data keys that are wrapped; they are random, and thrown away. */
  readonly context: Readonly<Record<string, string>>
}

type Found = { -readonly [Name in keyof Evidence]: Evidence[Name] }
type Context = Awaited<ReturnType<typeof keyContext>>

/** A wrapped key with all that an unwrap is told. */
interface Slot {
  readonly dataKey: Uint8Array
  readonly wrapped: Uint8Array
  readonly reference: string
  readonly keyVersion: string
  readonly algorithm: string
}

/**
 * Asks one key everything that can be asked without changing anything: at most 13 calls, one after the other.
 *
 * @param kek not connected yet; the caller closes it
 * @param options context and time
 * @throws KeywrightError `aborted` when the user interrupts; every other error is evidence
 */
export async function gather(kek: Kek, options: GatherOptions): Promise<Evidence> {
  const prober = new Prober(options)
  const found: Found = { calls: prober.calls, times: prober.times }
  found.connect = await prober.ask('connect', (signal) => kek.connect({ signal }))
  if (found.connect === undefined || found.connect.error !== undefined) return found
  const { reference, capabilities } = found.connect.value
  const [context, wrongContext] = await contexts(options.context)

  found.describe = await prober.ask('describeKey', (signal) => kek.describeKey({ signal }))
  const slot = await wrapSlot(kek, reference, context, prober, found)
  // Nobody there: every further call would wait for nothing.
  if (isUnreached(found.describe) && isUnreached(found.wrap)) return found
  const generated = capabilities.generatesDataKeys
    ? await generateSlot(kek, reference, context, prober, found)
    : undefined
  const first = slot ?? generated
  if (first !== undefined) {
    found.wrappedBy = slot === undefined ? 'generateDataKey' : 'wrapKey'
    const unwrap = (other: Partial<Slot>, bound: Context) =>
      unwrapSlot(kek, { ...first, ...other }, bound, prober)
    found.unwrap = await unwrap({}, context)
    found.wrongContext = await unwrap({}, wrongContext)
    found.flippedByte = await unwrap({ wrapped: flipped(first.wrapped) }, context)
    if (slot !== undefined && generated !== undefined) {
      found.unwrapGenerated = await unwrapSlot(kek, generated, context, prober)
    }
    if (capabilities.serverSideRewrap) await rewrapSlot(kek, first, context, prober, found)
  }
  if (capabilities.contextBinding === 'envelope' && slot !== undefined) {
    found.envelopeRefuses = await prober.ask('unwrapKey', (signal) => refusedByEnvelope(kek, signal))
  }
  slot?.dataKey.fill(0)
  generated?.dataKey.fill(0)
  return found
}

/** Whether a call found nobody there. */
export function isUnreached(answer: Answer<unknown> | undefined): boolean {
  return answer?.error?.code === 'unavailable' || answer?.error?.code === 'timeout'
}

/** Codes that a client gives by itself too. */
const ownCodes: readonly string[] = [
  'unauthenticated',
  'configuration',
  'invalid-argument',
  'unsupported',
  'unknown',
]

/** Success and refusals that only the service can give; a connection may be made without asking it. */
export function isFromService(operation: Operation, answer: Answer<unknown>): boolean {
  const { error } = answer
  if (error === undefined) return operation !== 'connect'
  if (isUnreached(answer)) return false
  return error.details.requestId !== undefined || !ownCodes.includes(error.code)
}

/** The first calls of each kind that were made, in their order. */
export function callsInOrder({
  connect,
  describe,
  wrap,
  generate,
  unwrap,
}: Evidence): readonly (readonly [Operation, Answer<unknown>])[] {
  const all = [
    ['connect', connect],
    ['describeKey', describe],
    ['wrapKey', wrap],
    ['generateDataKey', generate],
    ['unwrapKey', unwrap],
  ] as const
  return all.flatMap(([operation, answer]) => (answer === undefined ? [] : [[operation, answer] as const]))
}

async function contexts(pairs: Readonly<Record<string, string>>): Promise<readonly [Context, Context]> {
  const [name = 'purpose', value = ''] = Object.entries(pairs)[0] ?? []
  const other = { ...pairs, [name]: `${value.slice(0, 64)} of another` }
  const bound = (map: typeof pairs): Promise<Context> => keyContext('dek', canonicalContext(map))
  return [await bound(pairs), await bound(other)]
}

async function wrapSlot(
  kek: Kek,
  reference: string,
  context: Context,
  prober: Prober,
  found: Found,
): Promise<Slot | undefined> {
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  found.wrap = await prober.ask('wrapKey', (signal) => kek.wrapKey({ dataKey, context, signal }))
  return slotOf(found.wrap, dataKey, reference)
}

async function generateSlot(
  kek: Kek,
  reference: string,
  context: Context,
  prober: Prober,
  found: Found,
): Promise<Slot | undefined> {
  let dataKey = new Uint8Array(0)
  found.generate = await prober.ask('generateDataKey', async (signal) => {
    const { dataKey: drawn, ...wrapped } = await kek.generateDataKey({ context, signal })
    dataKey = new Uint8Array(drawn)
    drawn.fill(0)
    return wrapped
  })
  return slotOf(found.generate, dataKey, reference)
}

function slotOf(
  answer: Answer<Wrapped> | undefined,
  dataKey: Uint8Array,
  reference: string,
): Slot | undefined {
  if (answer === undefined || answer.error !== undefined) return undefined
  const { wrapped, keyVersion = '', algorithm } = answer.value
  return { dataKey, wrapped, reference, keyVersion, algorithm }
}

async function rewrapSlot(
  kek: Kek,
  slot: Slot,
  context: Context,
  prober: Prober,
  found: Found,
): Promise<void> {
  const { dataKey, ...source } = slot
  found.rewrap = await prober.ask('rewrapKey', (signal) => kek.rewrapKey({ ...source, context, signal }))
  const rewrapped = slotOf(found.rewrap, dataKey, slot.reference)
  if (rewrapped !== undefined) found.unwrapRewrapped = await unwrapSlot(kek, rewrapped, context, prober)
}

function unwrapSlot(
  kek: Kek,
  { dataKey: expected, ...slot }: Slot,
  context: Context,
  prober: Prober,
): Promise<Answer<Unwrapped> | undefined> {
  return prober.ask('unwrapKey', async (signal) => {
    const { dataKey, keyVersion } = await kek.unwrapKey({ ...slot, context, signal })
    const isSame = Buffer.compare(dataKey, expected) === 0
    dataKey.fill(0)
    return { isSame, keyVersion }
  })
}

/** A withheld value is told to nobody, so that only what derives from it can tell the difference. */
async function refusedByEnvelope(kek: Kek, signal: AbortSignal): Promise<boolean> {
  const keys = keyring({ seal: [kek] })
  const options = { keys, signal }
  const sealed = await seal('', { ...options, context: { purpose: 'one' }, withhold: ['purpose'] })
  try {
    await open(sealed, { ...options, context: { purpose: 'another' } })
    return false
  } catch (error) {
    if (isKeywrightError(error, 'authentication-failed')) return true
    throw error
  }
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  const middle = copy.length >> 1
  copy[middle] = (copy[middle] ?? 0) ^ 1
  return copy
}
