import { randomBytes } from 'node:crypto'
import { type CiphertextBlob, decodeBlob, decryptBlob, encryptBlob } from './ciphertext-blob.ts'
import { incorrectKey, invalidCiphertext, invalidValue, KmsError } from './kms-error.ts'
import {
  allowedKey,
  type KmsRequest,
  type KmsService,
  type Operation,
  refuseUnusable,
} from './kms-service.ts'
import type { KmsKey } from './kms-state.ts'

type Context = Readonly<Record<string, string>>

const symmetric = 'SYMMETRIC_DEFAULT'
const maxPlaintext = 4096
const maxCiphertext = 6144

/** The cryptographic operations on symmetric keys; others are out of this emulator's scope. */
export const cryptoOperations: Readonly<Record<string, Operation>> = {
  Encrypt: (service, request) => {
    const { input } = request
    const plaintext = input.blob('Plaintext', maxPlaintext)
    const context = input.map('EncryptionContext')
    const key = usableKey(service, request, context)
    const { blob } = encryptUnder(service, key, plaintext, context)
    return { CiphertextBlob: blob, EncryptionAlgorithm: symmetric, KeyId: key.arn }
  },
  Decrypt: (service, request) => {
    const { input } = request
    const context = input.map('EncryptionContext')
    const bytes = input.blob('CiphertextBlob', maxCiphertext)
    const asked = { action: 'Decrypt', context }
    const { key, plaintext, material } = decryptWith(
      service,
      request,
      bytes,
      context,
      asked,
      input.optionalText('KeyId'),
    )
    return {
      EncryptionAlgorithm: symmetric,
      KeyId: key.arn,
      ...told(key, 'KeyMaterialId', material),
      KeyOrigin: key.origin,
      Plaintext: plaintext,
    }
  },
  ReEncrypt: (service, request) => {
    const { input } = request
    const bytes = input.blob('CiphertextBlob', maxCiphertext)
    const from = input.map('SourceEncryptionContext')
    const to = input.map('DestinationEncryptionContext')
    const target = service.state.resolve(input.text('DestinationKeyId'), request.region, request.now)
    const named = input.optionalText('SourceKeyId')
    const sourceKey =
      named === undefined
        ? keyOf(service, request, decodeBlob(bytes))
        : service.state.resolve(named, request.region, request.now)
    const values = { 'kms:reencryptonsamekey': String(sourceKey?.arn === target.arn) }
    const source = decryptWith(
      service,
      request,
      bytes,
      from,
      { action: 'ReEncryptFrom', context: from, values },
      named,
    )
    allowedKey(service, request, target.arn, { action: 'ReEncryptTo', context: to, values })
    refuseOtherUsage(target, request.operation)
    refuseUnusable(target)
    refuseDryRun(request)
    const { blob, material } = encryptUnder(service, target, source.plaintext, to)
    return {
      CiphertextBlob: blob,
      DestinationEncryptionAlgorithm: symmetric,
      ...told(target, 'DestinationKeyMaterialId', material),
      KeyId: target.arn,
      SourceEncryptionAlgorithm: symmetric,
      SourceKeyId: source.key.arn,
      ...told(source.key, 'SourceKeyMaterialId', source.material),
    }
  },
  GenerateDataKey: (service, request) => {
    const { plaintext, ...output } = generate(service, request)
    return { ...output, Plaintext: plaintext }
  },
  GenerateDataKeyWithoutPlaintext: (service, request) => {
    const { plaintext, ...output } = generate(service, request)
    plaintext.fill(0)
    return output
  },
  GenerateRandom: ({ authorisation }, { principal, input, operation }) => {
    authorisation.check(principal, { action: operation })
    return { Plaintext: randomBytes(input.integer('NumberOfBytes', 1, 1024) ?? 32) }
  },
}

function generate(service: KmsService, request: KmsRequest) {
  const { input } = request
  const context = input.map('EncryptionContext')
  const bytes = input.integer('NumberOfBytes', 1, 1024)
  const spec = input.optionalText('KeySpec')
  if ((bytes === undefined) === (spec === undefined)) {
    throw new KmsError('ValidationException', 'Please specify either number of bytes or key spec.')
  }
  if (spec !== undefined && !['AES_128', 'AES_256'].includes(spec)) {
    throw invalidValue(
      `Value '${spec}' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]`,
    )
  }
  const key = usableKey(service, request, context)
  if (key.customKeyStoreId !== undefined) {
    throw new KmsError(
      'UnsupportedOperationException',
      `${key.arn} is in a custom key store, which is not valid for this operation.`,
    )
  }
  const plaintext = randomBytes(bytes ?? (spec === 'AES_128' ? 16 : 32))
  const { blob, material } = encryptUnder(service, key, plaintext, context)
  return { CiphertextBlob: blob, KeyId: key.arn, ...told(key, 'KeyMaterialId', material), plaintext }
}

function usableKey(service: KmsService, request: KmsRequest, context: Context): KmsKey {
  const key = allowedKey(service, request, undefined, { context })
  refuseOtherUsage(key, request.operation)
  refuseUnusable(key)
  refuseDryRun(request)
  return key
}

function encryptUnder(service: KmsService, key: KmsKey, plaintext: Uint8Array, context: Context) {
  const material = service.state.materials(key).at(-1)
  if (material === undefined) throw new KmsError('KMSInternalException', 'The key has no material.', 500)
  const bytes = Buffer.from(material.bytes, 'base64')
  return { blob: encryptBlob({ id: material.id, bytes }, plaintext, context), material: material.id }
}

/** The right to the key comes first, then its state, then the ciphertext: nobody without the right learns about either. */
function decryptWith(
  service: KmsService,
  request: KmsRequest,
  bytes: Uint8Array,
  context: Context,
  asked: {
    readonly action: string
    readonly context: Context
    readonly values?: Readonly<Record<string, string>>
  },
  named: string | undefined,
) {
  const blob = decodeBlob(bytes)
  const own = keyOf(service, request, blob)
  if (named === undefined && blob === undefined) throw invalidCiphertext()
  if (named === undefined && own === undefined) {
    throw new KmsError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    )
  }
  const key = allowedKey(service, request, named ?? own?.arn, asked)
  if (own !== undefined && own.arn !== key.arn) throw incorrectKey()
  refuseOtherUsage(key, request.operation)
  refuseUnusable(key)
  if (request.operation === 'Decrypt') refuseDryRun(request)
  const material = service.state.materials(key).find(({ id }) => id === blob?.materialId)
  if (blob === undefined || material === undefined) throw invalidCiphertext()
  const plaintext = decryptBlob(Buffer.from(material.bytes, 'base64'), blob, context)
  if (plaintext === undefined) throw invalidCiphertext()
  return { key, plaintext, material: material.id }
}

function keyOf(
  service: KmsService,
  { region }: KmsRequest,
  blob: CiphertextBlob | undefined,
): KmsKey | undefined {
  return blob && service.state.keyOfMaterial(blob.materialId, region)
}

function refuseOtherUsage({ arn, usage, spec }: KmsKey, operation: string): void {
  if (usage !== 'ENCRYPT_DECRYPT') {
    const message = `${arn} key usage is ${usage} which is not valid for ${operation}.`
    throw new KmsError('InvalidKeyUsageException', message)
  }
  if (spec !== symmetric) {
    throw new KmsError(
      'UnsupportedOperationException',
      `${arn} key spec is ${spec}, which this emulator has no cryptography for.`,
    )
  }
}

function refuseDryRun({ input }: KmsRequest): void {
  if (!input.flag('DryRun')) return
  throw new KmsError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  )
}

/** Keys in custom key stores have no material that could be told. */
function told(key: KmsKey, member: string, material: string): Readonly<Record<string, string>> {
  return key.customKeyStoreId === undefined ? { [member]: material } : {}
}
