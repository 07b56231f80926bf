import { type Capabilities, type KekDriver, KeywrightError } from '@keywright/core'
import { answerOf, textOf, VaultFailure } from './client/vault-failure.ts'
import type { VaultAnswer, VaultSession } from './client/vault-session.ts'
import { type RewrapItem, rewrapsTogether } from './rewrap-batch.ts'
import { invalidResponse, type TransitKey, transitKey } from './transit-key.ts'
import type { VaultKey } from './vault-address.ts'

/** Most items of one batch; Vault itself bounds the request's bytes only, at 32 MiB. */
const maxBatchKeys = 256

/** Version and 60 bytes (AES-GCM, ChaCha20) or 72 (XChaCha20): nonce, 32 bytes of key, tag. */
const wrappedGrammar = /^vault:v([1-9]\d{0,6}):(?:[A-Za-z0-9+/]{80}|[A-Za-z0-9+/]{96})$/

const capabilities: Omit<
  Capabilities,
  'algorithms' | 'serverSideRewrap' | 'generatesDataKeys' | 'maxBatchKeys'
> = {
  contextBinding: 'native-bytes',
  tellsVersionOnWrap: true,
  // The answer of a decrypt is the plaintext and nothing else.
  tellsVersionOnUnwrap: false,
  needsVersionToUnwrap: false,
  tellsKey: false,
  wrapAuthenticity: 'kek-holder',
  maxConcurrentCalls: 64,
  protectionLevel: 'software',
}

/**
 * One KEK. A derived key binds the context's digest as derivation context, in every call of the engine; any other one
 * as associated data, which encrypt and decrypt know and datakey and rewrap drop, so that these two are not used.
 *
 * @param session calls Vault
 * @param address the key's
 * @param known the key as it was when the connection was made
 * @param close ends the connection
 */
export function transitDriver(
  session: VaultSession,
  address: VaultKey,
  known: TransitKey,
  close: () => Promise<void>,
): KekDriver {
  const { mount, key, reference: keyRef } = address
  const { derived } = known
  const algorithm = derived ? 'vault.derived' : 'vault.aad'
  const keyPath = `${mount}/keys/${key}`
  const bound = (digest: Uint8Array): Readonly<Record<string, string>> => ({
    [derived ? 'context' : 'associated_data']: base64(digest),
  })
  const refuse = (): never => {
    throw new VaultFailure({ statusCode: 400, body: { errors: ['invalid ciphertext'] } })
  }

  /** Checks what encrypt, datakey and rewrap answer: a version, named alike in both places. */
  const wrapResult = (
    data: unknown,
    requestId: unknown,
  ): { wrapped: Uint8Array; keyVersion: string; algorithm: string } => {
    const { ciphertext, key_version: version } = (data ?? {}) as Record<string, unknown>
    if (typeof ciphertext !== 'string' || ciphertext === '') throw invalidResponse('ciphertext', requestId)
    if (typeof version !== 'number' || !ciphertext.startsWith(`vault:v${version}:`)) {
      throw invalidResponse('key_version', requestId)
    }
    if (version < known.latestVersion) {
      const message =
        'Vault wrapped under an older version than the key had: it was made anew under its old name'
      throw new KeywrightError('key-mismatch', message, { field: 'keyVersion' })
    }
    return { wrapped: Buffer.from(ciphertext, 'latin1'), keyVersion: String(version), algorithm }
  }

  const encrypt = async (body: object, signal?: AbortSignal): Promise<VaultAnswer> => {
    try {
      return await session.call(`${mount}/encrypt/${key}`, body, signal)
    } catch (error) {
      // To a policy without `create`, which is how it should be, a key that is gone and one that is forbidden are one.
      if (answerOf(error)?.statusCode === 403) await session.call(keyPath, undefined, signal)
      throw error
    }
  }

  const decrypt = async (body: object, signal?: AbortSignal): Promise<Uint8Array> => {
    const { data, request_id: requestId } = await session.call(`${mount}/decrypt/${key}`, body, signal)
    const plaintext = data?.['plaintext']
    if (typeof plaintext !== 'string') throw invalidResponse('plaintext', requestId)
    return Buffer.from(plaintext, 'base64')
  }

  /** A server that knows the field refuses an object where text is due; one older than Vault 1.13 passes over it. */
  const proveEncrypt = once(async () => {
    const body = { plaintext: '', associated_data: {} }
    if (!(await isRefused(encrypt(body), /associated_data|invalid request/))) throw ignored()
  })

  /** What was unwrapped with its associated data must not unwrap with other. */
  const proveDecrypt = once(async (ciphertext: string, digest: Uint8Array) => {
    const other = digest.map((byte) => byte ^ 0xff)
    const opened = decrypt({ ciphertext, ...bound(other) }).then((dataKey) => dataKey.fill(0))
    if (!(await isRefused(opened, /message authentication failed/))) throw ignored()
  })

  return {
    keyRef,
    capabilities: {
      ...capabilities,
      algorithms: [algorithm],
      serverSideRewrap: derived,
      generatesDataKeys: derived,
      maxBatchKeys: derived ? maxBatchKeys : 1,
    },
    wrapKey: async ({ dataKey, context, signal }) => {
      if (!derived) await proveEncrypt()
      const body = { plaintext: base64(dataKey), ...bound(context.digest) }
      const { data, request_id: requestId } = await encrypt(body, signal)
      return wrapResult(data, requestId)
    },
    unwrapKey: async ({ wrapped, keyVersion, context, signal }) => {
      const ciphertext = Buffer.from(wrapped).toString('latin1')
      const version = wrappedGrammar.exec(ciphertext)?.[1]
      if (version === undefined || (keyVersion !== '' && keyVersion !== version)) return refuse()
      const dataKey = await decrypt({ ciphertext, ...bound(context.digest) }, signal)
      if (!derived) {
        try {
          await proveDecrypt(ciphertext, context.digest)
        } catch (error) {
          dataKey.fill(0)
          throw error
        }
      }
      return { dataKey }
    },
    describeKey: async ({ signal }) => transitKey(await session.call(keyPath, undefined, signal)).description,
    ...(derived ? derivedCalls() : {}),
    close,
  }

  function derivedCalls(): Required<Pick<KekDriver, 'generateDataKey' | 'rewrapKey'>> {
    const rewrapTogether = rewrapsTogether(session, `${mount}/rewrap/${key}`, maxBatchKeys)
    return {
      generateDataKey: async ({ context, signal }) => {
        const body = { bits: 256, ...bound(context.digest) }
        const { data, request_id: requestId } = await session.call(
          `${mount}/datakey/plaintext/${key}`,
          body,
          signal,
        )
        const plaintext = data?.['plaintext']
        if (typeof plaintext !== 'string') throw invalidResponse('plaintext', requestId)
        return { dataKey: Buffer.from(plaintext, 'base64'), ...wrapResult(data, requestId) }
      },
      rewrapKey: async (request) => {
        if (request.reference !== keyRef || request.algorithm !== algorithm) {
          const message = 'Vault rewraps under the same key alone, and where the context derives it'
          throw new KeywrightError('unsupported', message, { field: 'reference' })
        }
        const ciphertext = Buffer.from(request.wrapped).toString('latin1')
        if (!wrappedGrammar.test(ciphertext)) return refuse()
        const item: RewrapItem = { ciphertext, context: base64(request.context.digest) }
        const { data, requestId } = await rewrapTogether(item)
        return wrapResult(data, requestId)
      },
    }
  }
}

/** A proof that is made once for all who need it, and again after it failed. */
function once<A extends unknown[]>(prove: (...given: A) => Promise<void>): (...given: A) => Promise<void> {
  let proof: Promise<void> | undefined
  return (...given) => {
    proof ??= prove(...given).catch((error: unknown) => {
      proof = undefined
      throw error
    })
    return proof
  }
}

/** Whether Vault refuses a call for this reason; any other failure is one of the proof. */
async function isRefused(call: Promise<unknown>, reason: RegExp): Promise<boolean> {
  try {
    await call
    return false
  } catch (error) {
    const answer = answerOf(error)
    if (answer !== undefined && reason.test(textOf(answer))) return true
    throw error
  }
}

function ignored(): KeywrightError {
  const message =
    'this Vault drops associated data, so that nothing is bound: take a derived key, or Vault 1.13'
  return new KeywrightError('unsupported', message, { field: 'key' })
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
