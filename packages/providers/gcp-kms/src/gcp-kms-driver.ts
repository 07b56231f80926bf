import { type Capabilities, type KekDriver, KeywrightError } from '@keywright/core/provider'
import type { ConnectedClient } from './connect-client.ts'
import { crc32c } from './crc32c.ts'
import { notEnabledVersion } from './error-codes.ts'
import type { BoundContext, CallOptions, CryptoAnswer } from './gcp-kms-client.ts'
import type { GcpKmsOptions } from './gcp-kms-options.ts'
import { describedKey, protectionLevelOf } from './key-description.ts'
import { versionOf } from './key-name.ts'
import { listVersions } from './key-versions.ts'

const algorithm = 'gcp-kms.aad'
const versionGrammar = /^[1-9][0-9]{0,18}$/
const defaultTimeoutMs = 10_000
/** They wait for a retry that never comes, but the client wants them. */
const backoffSettings = { initialRetryDelayMillis: 1, retryDelayMultiplier: 1, maxRetryDelayMillis: 1 }

/** What the service can do, whatever the key; streams that HTTP/2 servers commonly allow on one connection. */
const capabilities: Omit<Capabilities, 'protectionLevel'> = {
  contextBinding: 'native-bytes',
  tellsVersionOnWrap: true,
  tellsVersionOnUnwrap: false,
  needsVersionToUnwrap: false,
  tellsKey: false, // Encrypt does, and is checked here; Decrypt does not
  serverSideRewrap: false,
  generatesDataKeys: false,
  maxBatchKeys: 1,
  wrapAuthenticity: 'kek-holder',
  maxConcurrentCalls: 100,
  algorithms: [algorithm],
}

/** One KEK in Google Cloud KMS: each call made once, every checksum sent and checked. */
export function gcpKmsDriver(connected: ConnectedClient, options: GcpKmsOptions): KekDriver {
  const { client, release } = connected
  const { key, protectionLevel, timeoutMs: timeout = defaultTimeoutMs } = options
  // One attempt, whose error keeps its code. A new object each time: the client writes the key's name into it.
  const call = (): CallOptions => ({ timeout, retry: { retryCodes: [], backoffSettings } })
  /** Whether it is this version alone that is not enabled, while the key has a primary one that is. */
  const isRetired = async (error: unknown, signal: AbortSignal | undefined): Promise<boolean> => {
    const version = notEnabledVersion(error)
    if (version === undefined || signal?.aborted === true) return false
    // Where looking is not allowed, the first error stands.
    const [{ primary }] = await client.getCryptoKey({ name: key }, call()).catch(() => [{ primary: null }])
    return primary?.state === 'ENABLED' && primary.name !== version
  }
  return {
    keyRef: key,
    capabilities: { ...capabilities, protectionLevel: protectionLevel ?? 'unknown' },
    wrapKey: async ({ dataKey, context }) => {
      const request = { name: key, plaintext: dataKey, plaintextCrc32c: { value: crc32c(dataKey) } }
      const [answer] = await client.encrypt({ ...request, ...bound(context.digest) }, call())
      if (answer.verifiedPlaintextCrc32c !== true) throw invalid('verifiedPlaintextCrc32c')
      const verifiedContext = answer.verifiedAdditionalAuthenticatedDataCrc32c === true
      if (!verifiedContext) throw invalid('verifiedAdditionalAuthenticatedDataCrc32c')
      const wrapped = checkedBytes(answer, 'ciphertext')
      checkLevel(answer, protectionLevel)
      return { wrapped, keyVersion: versionOf(answer.name, key), algorithm }
    },
    unwrapKey: async ({ wrapped, keyVersion, context, signal }) => {
      // The service finds the version in the ciphertext; what a slot says must still be one.
      if (keyVersion !== '' && !versionGrammar.test(keyVersion)) {
        const message = 'a version of this key is a number'
        throw new KeywrightError('invalid-argument', message, { field: 'keyVersion' })
      }
      const request = { name: key, ciphertext: wrapped, ciphertextCrc32c: { value: crc32c(wrapped) } }
      try {
        const [answer] = await client.decrypt({ ...request, ...bound(context.digest) }, call())
        const dataKey = checkedBytes(answer, 'plaintext')
        checkLevel(answer, protectionLevel, dataKey)
        return { dataKey }
      } catch (error) {
        if (!(await isRetired(error, signal))) throw error
        const message = 'the version of the key that wrapped this is no longer enabled'
        throw new KeywrightError('key-version-retired', message, { field: 'keyVersion' })
      }
    },
    describeKey: async () => {
      const [[found], versions] = await Promise.all([
        client.getCryptoKey({ name: key }, call()),
        listVersions(client, key, call),
      ])
      return describedKey(key, found, versions)
    },
    close: release,
  }
}

/** The context's digest as associated data: 32 bytes, which with a DEK stay far below the 8 KiB that an HSM takes. */
function bound(digest: Uint8Array): BoundContext {
  const additionalAuthenticatedDataCrc32c = { value: crc32c(digest) }
  return { additionalAuthenticatedData: digest, additionalAuthenticatedDataCrc32c }
}

/** A field of an answer that its checksum, 64 bits as decimal text, confirms; refused ones are zero-filled. */
function checkedBytes(answer: CryptoAnswer, field: 'ciphertext' | 'plaintext'): Uint8Array {
  const bytes = answer[field]
  if (!(bytes instanceof Uint8Array)) throw invalid(field)
  if (String(answer[`${field}Crc32c`]?.value) === String(crc32c(bytes))) return bytes
  bytes.fill(0)
  throw invalid(`${field}Crc32c`)
}

function checkLevel(
  answer: CryptoAnswer,
  required: GcpKmsOptions['protectionLevel'],
  secret?: Uint8Array,
): void {
  if (required === undefined || protectionLevelOf(answer.protectionLevel) === required) return
  secret?.fill(0)
  const message = `this key does not live where the options say: ${required}`
  throw new KeywrightError('configuration', message, { field: 'protectionLevel' })
}

function invalid(field: string): KeywrightError {
  return new KeywrightError('invalid-response', `the answer's ${field} is missing or wrong`, { field })
}
