import { type Capabilities, type KekDriver, KeywrightError } from '@keywright/core/provider'
import { bindingProofs } from './binding-proofs.ts'
import type { TryLimit } from './client/one-try.ts'
import { answerOf, VaultFailure } from './client/vault-failure.ts'
import type { VaultAnswer, VaultSession } from './client/vault-session.ts'
import { type RewrapItem, rewrapsTogether } from './rewrap-batch.ts'
import { invalidResponse, type TransitKey, transitKey } from './transit-key.ts'
import type { VaultKey } from './vault-address.ts'
import { wrapAnswer, wrappedKey } from './wrapped-key.ts'

/** Most items of one batch; Vault itself bounds the request's bytes only, at 32 MiB. */
const maxBatchKeys = 256

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
 * @param limit of calls that several callers wait for
 * @param close ends the connection
 */
export function transitDriver(
  session: VaultSession,
  address: VaultKey,
  known: TransitKey,
  limit: TryLimit,
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

  const wrapResult = (
    data: unknown,
    requestId: unknown,
  ): ReturnType<typeof wrapAnswer> & { algorithm: string } => ({
    ...wrapAnswer(data, requestId, known.latestVersion),
    algorithm,
  })

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

  const proofs = bindingProofs({ encrypt, decrypt }, limit)

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
      if (!derived) await proofs.ofEncrypt()
      const body = { plaintext: base64(dataKey), ...bound(context.digest) }
      const { data, request_id: requestId } = await encrypt(body, signal)
      return wrapResult(data, requestId)
    },
    unwrapKey: async ({ wrapped, keyVersion, context, signal }) => {
      const { ciphertext, version } = wrappedKey(wrapped) ?? refuse()
      if (keyVersion !== '' && keyVersion !== version) return refuse()
      const dataKey = await decrypt({ ciphertext, ...bound(context.digest) }, signal)
      if (!derived) {
        try {
          await proofs.ofDecrypt(ciphertext, context.digest)
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
    const rewrapTogether = rewrapsTogether(session, `${mount}/rewrap/${key}`, maxBatchKeys, limit)
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
        const { ciphertext } = wrappedKey(request.wrapped) ?? refuse()
        const item: RewrapItem = { ciphertext, context: base64(request.context.digest) }
        const { data, requestId } = await rewrapTogether(item)
        return wrapResult(data, requestId)
      },
    }
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
