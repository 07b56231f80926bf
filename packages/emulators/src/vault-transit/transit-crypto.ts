import { randomBytes } from 'node:crypto'
import type { ServiceFault } from '../faults.ts'
import { type Fields, integer, text } from './request-fields.ts'
import { decodeBase64, decrypt, encrypt, type TransitKeyState } from './transit-key.ts'
import { type Outcome, VaultRefusal } from './vault-answers.ts'

/** What a crypto path needs to know. */
export interface CryptoCall {
  readonly fields: Fields
  readonly fault: ServiceFault | undefined
  /** An old server does not know the field, and passes over it. */
  readonly dropsAssociatedData: boolean
  /** The key, once the items were read; throws where there is none. */
  readonly key: () => TransitKeyState
}

interface Item {
  readonly fields: Fields
  readonly context: Buffer
  /** Why it fails before the key is looked at. */
  readonly error?: string
}

type Result = Readonly<Record<string, unknown>>

const none = Buffer.alloc(0)

/** `encrypt/NAME` */
export function encryptCall(call: CryptoCall): Outcome {
  return inItems(call, 'plaintext', { error400: true }, (key, { fields, context }) => {
    const associatedData = call.dropsAssociatedData ? none : associated(key, fields)
    const plaintext = decodeBase64(text(fields, 'plaintext'))
    if (typeof plaintext === 'number') throw illegalBase64(plaintext)
    const version = integer(fields, 'key_version')
    const ciphertext = encrypt(key, plaintext, version, { context, associatedData })
    return wrapped(call, ciphertext, version === 0 ? key.latestVersion : version)
  })
}

/** `decrypt/NAME` */
export function decryptCall(call: CryptoCall): Outcome {
  return inItems(call, 'ciphertext', { error400: true }, (key, { fields, context }) => {
    const associatedData = call.dropsAssociatedData ? none : associated(key, fields)
    const plaintext = decrypt(key, text(fields, 'ciphertext'), { context, associatedData })
    return shown(call, plaintext)
  })
}

/** `rewrap/NAME`: knows no associated data, and a batch of it is a success whatever became of its items. */
export function rewrapCall(call: CryptoCall): Outcome {
  return inItems(call, 'ciphertext', { error400: false }, (key, { fields, context }) => {
    const binding = { context, associatedData: none }
    const plaintext = decrypt(key, text(fields, 'ciphertext'), binding)
    const version = integer(fields, 'key_version')
    return wrapped(
      call,
      encrypt(key, plaintext, version, binding),
      version === 0 ? key.latestVersion : version,
    )
  })
}

/** `datakey/plaintext/NAME` and `datakey/wrapped/NAME`: knows no associated data either, and says so. */
export function dataKeyCall(call: CryptoCall, form: string): Outcome {
  const { fields } = call
  const context = decodeBase64(text(fields, 'context'))
  if (typeof context === 'number') throw new VaultRefusal(400, 'failed to base64-decode context')
  const bits = fields['bits'] === undefined ? 256 : integer(fields, 'bits')
  if (![128, 256, 512].includes(bits)) throw new VaultRefusal(400, 'invalid bit length')
  if (form !== 'plaintext' && form !== 'wrapped') {
    throw new VaultRefusal(400, "Invalid path, must be 'plaintext' or 'wrapped'")
  }
  const key = call.key()
  const dataKey = randomBytes(bits / 8)
  const version = integer(fields, 'key_version')
  const ciphertext = encrypt(key, dataKey, version, { context, associatedData: none })
  const data = wrapped(call, ciphertext, version === 0 ? key.latestVersion : version)
  const warnings = Object.hasOwn(fields, 'associated_data')
    ? ['Endpoint ignored these unrecognized parameters: [associated_data]']
    : undefined
  return { data: form === 'plaintext' ? { ...data, ...shown(call, dataKey) } : data, warnings }
}

/** `random` and `random/BYTES` */
export function randomCall(fields: Fields, inPath: string | undefined): Outcome {
  const bytes =
    inPath === undefined ? (fields['bytes'] === undefined ? 32 : integer(fields, 'bytes')) : Number(inPath)
  if (!Number.isInteger(bytes))
    throw new VaultRefusal(
      400,
      `error parsing url-set byte count: strconv.Atoi: parsing "${inPath}": invalid syntax`,
    )
  if (bytes < 1) throw new VaultRefusal(400, '"bytes" cannot be less than 1')
  if (bytes > 128 * 1024) throw new VaultRefusal(400, '"bytes" should be less than 131072')
  const format = text(fields, 'format') || 'base64'
  if (format !== 'hex' && format !== 'base64') {
    throw new VaultRefusal(400, `unsupported encoding format "${format}"; must be "hex" or "base64"`)
  }
  return { data: { random_bytes: randomBytes(bytes).toString(format) } }
}

/** Runs a call over its one item, or over `batch_input`. */
function inItems(
  call: CryptoCall,
  input: 'plaintext' | 'ciphertext',
  { error400 }: { readonly error400: boolean },
  work: (key: TransitKeyState, item: Item) => Result,
): Outcome {
  const batch = call.fields['batch_input']
  const missing = `missing ${input} to ${input === 'plaintext' ? 'encrypt' : 'decrypt'}`
  if (batch === undefined || batch === null) {
    const given = input === 'plaintext' ? Object.hasOwn(call.fields, input) : text(call.fields, input) !== ''
    if (!given) throw new VaultRefusal(400, missing)
    const item = readItem(call.fields, input)
    const key = call.key()
    if (item.error !== undefined) throw new VaultRefusal(400, item.error)
    return { data: work(key, item) }
  }
  if (!Array.isArray(batch)) throw notParsed(`source data must be an array or slice, got ${typeof batch}`)
  if (batch.length === 0) throw new VaultRefusal(400, 'missing batch input to process')
  const items = batch.map((fields: Fields) => readItem(fields, input))
  if (new Set(items.map(({ fields }) => text(fields, 'context') !== '')).size > 1) {
    throw new VaultRefusal(400, 'context should be set either in all the request blocks or in none')
  }
  const absent = batch.findIndex((fields: Fields) => fields[input] === undefined)
  if (absent !== -1 && error400)
    throw notParsed(`1 error(s) decoding:\n\n* '[${absent}].${input}' ${missing}`)
  const key = call.key()
  let [userErrors, internalErrors, successes] = [0, 0, 0]
  const results = items.map((item) => {
    const reference = text(item.fields, 'reference')
    // A decrypt's result has its text in any case, the others leave out what they have not.
    const empty = input === 'ciphertext' && error400 ? { plaintext: '' } : {}
    try {
      if (item.error !== undefined) throw new VaultRefusal(400, item.error)
      if (input === 'ciphertext' && text(item.fields, input) === '') throw new VaultRefusal(400, missing)
      const result = work(key, item)
      successes += 1
      return { ...result, reference }
    } catch (error) {
      if (!(error instanceof VaultRefusal)) throw error
      if (error.status === 500) internalErrors += 1
      else userErrors += 1
      return { ...empty, error: error.errors[0], reference }
    }
  })
  const own = integer(call.fields, 'partial_failure_response_code')
  const failed = userErrors > 0 ? 400 : internalErrors > 0 ? 500 : 200
  const status = !error400 ? 200 : failed !== 200 && own > 0 && own < 600 && successes > 0 ? own : failed
  // An engine that gives the status itself is not asked what is mounted.
  return { data: { batch_results: results }, status, ...(status === 200 ? {} : { mountType: '' }) }
}

function readItem(fields: Fields, input: string): Item {
  const context = decodeBase64(text(fields, 'context'))
  if (input === 'plaintext') {
    const plaintext = decodeBase64(text(fields, 'plaintext'))
    if (typeof plaintext === 'number')
      return { fields, context: none, error: illegalBase64(plaintext).message }
  }
  if (typeof context === 'number') return { fields, context: none, error: illegalBase64(context).message }
  return { fields, context }
}

function associated(key: TransitKeyState, fields: Fields): Buffer {
  const given = text(fields, 'associated_data')
  if (given === '') return none
  if (key.type === 'hmac') {
    throw new VaultRefusal(400, `'[0].associated_data' provided for non-AEAD cipher suite ${key.type}`)
  }
  const decoded = decodeBase64(given)
  if (typeof decoded !== 'number') return decoded
  const error = illegalBase64(decoded).message
  throw new VaultRefusal(500, `unable to get associated_data/additional_data from factory[0]: ${error}`)
}

function wrapped({ fault }: CryptoCall, ciphertext: string, version: number): Result {
  const wrong =
    fault?.kind === 'wrapped-length'
      ? `vault:v${version}:${'A'.repeat(fault.bytes)}`.slice(0, fault.bytes)
      : ciphertext
  if (fault?.kind === 'no-version') return { ciphertext: wrong }
  return { ciphertext: wrong, key_version: fault?.kind === 'other-version' ? version + 1 : version }
}

function shown({ fault }: CryptoCall, plaintext: Buffer): Result {
  if (fault?.kind === 'no-data-key') return {}
  const wrong = fault?.kind === 'data-key-length' ? Buffer.alloc(fault.bytes) : plaintext
  if (wrong !== plaintext) plaintext.copy(wrong)
  return { plaintext: wrong.toString('base64') }
}

function illegalBase64(at: number): VaultRefusal {
  return new VaultRefusal(400, `illegal base64 data at input byte ${at}`)
}

function notParsed(why: string): VaultRefusal {
  return new VaultRefusal(500, `failed to parse batch input: ${why}`)
}
