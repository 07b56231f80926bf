import {
  type Capabilities,
  type KekDriver,
  type KeyContext,
  KeywrightError,
  secretBytes,
} from '@keywright/core/provider'
import { type AwsKmsSdk, maxConcurrentCalls } from './aws-kms-client.ts'
import type { AwsKmsOptions } from './aws-kms-options.ts'
import { describeKey, keyMetadata, protectionLevel } from './describe-key.ts'
import { algorithms, encryptionContext } from './encryption-context.ts'
import { arnInRegion, parseKeyName, sameKey } from './key-name.ts'

/** The key to call, by its ARN, and what is known of it. */
interface KnownKey {
  readonly arn: string
  /** Whether answers name the key material; those of keys in custom key stores do not. */
  readonly tellsMaterial: boolean
  readonly protectionLevel: Capabilities['protectionLevel']
}

/** What GenerateDataKey and Decrypt answer alike. */
interface OpeningAnswer {
  readonly Plaintext?: Uint8Array | undefined
  readonly KeyId?: string | undefined
  readonly KeyMaterialId?: string | undefined
}

type UnwrapResult = Awaited<ReturnType<KekDriver['unwrapKey']>>

/**
 * One KEK of AWS KMS: each method makes one call and throws what the SDK throws; core does the rest.
 *
 * @param sdk reaches the service
 * @param options as the user gave them, checked
 * @param connecting ends the look-up of the key
 */
export async function awsKmsDriver(
  sdk: AwsKmsSdk,
  options: AwsKmsOptions,
  connecting: AbortSignal | undefined,
): Promise<KekDriver> {
  const { commands, send } = sdk
  const key = await knownKey(sdk, options, connecting)
  const formerKeys = (options.formerKeys ?? []).flatMap((arn) => arnInRegion(arn, sdk.region) ?? [])
  const algorithm = algorithms[options.context ?? 'map']
  /** The ARN of ours that a reference names, as this Region has it. */
  const ownKey = (reference: string): string | undefined =>
    [key.arn, ...formerKeys].find((arn) => sameKey(arn, reference))
  const toThisKey = (context: KeyContext): { KeyId: string; EncryptionContext: Record<string, string> } => ({
    KeyId: key.arn,
    EncryptionContext: encryptionContext(context, algorithm),
  })
  /** The data key of an answer that names the key asked, and its material where it has to. */
  const opened = (answer: OpeningAnswer, asked: string): UnwrapResult => {
    const { Plaintext: plaintext, KeyId: answeredKey, KeyMaterialId: keyVersion } = answer
    const dataKey = present(plaintext)
    try {
      checkAnswer(answeredKey, asked, 'answeredKey')
      checkMaterial(keyVersion, key)
      return { dataKey, answeredKey, keyVersion }
    } catch (error) {
      dataKey.fill(0)
      throw error
    }
  }

  const wrapKey: KekDriver['wrapKey'] = async ({ dataKey, context, signal }) => {
    const request = { ...toThisKey(context), Plaintext: dataKey }
    const answer = await send(new commands.EncryptCommand(request), signal)
    checkAnswer(answer.KeyId, key.arn, 'answeredKey')
    return { wrapped: present(answer.CiphertextBlob), answeredKey: answer.KeyId, algorithm }
  }

  /** Not every key store draws data keys; one that does not is asked once. */
  let draws = true
  const generateDataKey: NonNullable<KekDriver['generateDataKey']> = async ({ context, signal }) => {
    const command = new commands.GenerateDataKeyCommand({ ...toThisKey(context), NumberOfBytes: 32 })
    try {
      if (draws) {
        const answer = await send(command, signal)
        // Without a wrapped key, core refuses the answer, and wipes what came with it.
        const wrapped = answer.CiphertextBlob ?? new Uint8Array(0)
        return { ...opened(answer, key.arn), wrapped, algorithm }
      }
    } catch (error) {
      if ((error as Partial<Error>).name !== 'UnsupportedOperationException') throw error
      draws = false
    }
    const dataKey = secretBytes(32)
    crypto.getRandomValues(dataKey as Uint8Array<ArrayBuffer>)
    return { ...(await wrapKey({ dataKey, context, signal })), dataKey }
  }

  return {
    keyRef: key.arn,
    capabilities: {
      contextBinding: algorithm === algorithms.map ? 'native-map' : 'native-bytes',
      // GenerateDataKey and ReEncrypt do, Encrypt does not.
      tellsVersionOnWrap: false,
      tellsVersionOnUnwrap: key.tellsMaterial,
      needsVersionToUnwrap: false,
      tellsKey: true,
      serverSideRewrap: true,
      generatesDataKeys: true,
      maxBatchKeys: 1,
      wrapAuthenticity: 'kek-holder',
      maxConcurrentCalls,
      protectionLevel: key.protectionLevel,
      // Who keeps values out of the log does not unwrap a slot that would send them there.
      algorithms: algorithm === algorithms.map ? Object.values(algorithms) : [algorithm],
    },
    owns: (reference) => ownKey(reference) !== undefined,
    wrapKey,
    generateDataKey,
    unwrapKey: async ({ wrapped, reference, keyVersion, algorithm: slotAlgorithm, context, signal }) => {
      checkVersion(keyVersion)
      // Always pinned: without it KMS takes any key that the ciphertext names and the caller may use.
      const pinned = ownKey(reference) ?? key.arn
      const bound = encryptionContext(context, slotAlgorithm)
      const request = { KeyId: pinned, CiphertextBlob: wrapped, EncryptionContext: bound }
      return opened(await send(new commands.DecryptCommand(request), signal), pinned)
    },
    rewrapKey: async ({ wrapped, reference, keyVersion, algorithm: slotAlgorithm, context, signal }) => {
      checkVersion(keyVersion)
      const source = ownKey(reference) ?? reference
      if (arnInRegion(source, sdk.region) !== source) {
        throw new KeywrightError('unsupported', 'ReEncrypt takes keys of its own Region')
      }
      const { KeyId: DestinationKeyId, EncryptionContext: DestinationEncryptionContext } = toThisKey(context)
      const SourceEncryptionContext = encryptionContext(context, slotAlgorithm)
      const from = { CiphertextBlob: wrapped, SourceKeyId: source, SourceEncryptionContext }
      const to = { DestinationKeyId, DestinationEncryptionContext }
      const answer = await send(new commands.ReEncryptCommand({ ...from, ...to }), signal)
      checkAnswer(answer.KeyId, key.arn, 'answeredKey')
      checkAnswer(answer.SourceKeyId, source, 'sourceKey')
      // A slot without a version is of an Encrypt, or of a key in a key store: there is nothing to compare.
      if (keyVersion !== '') checkAnswer(answer.SourceKeyMaterialId, keyVersion, 'keyVersion')
      const { KeyId: answeredKey, DestinationKeyMaterialId: material } = answer
      checkMaterial(material, key)
      return { wrapped: present(answer.CiphertextBlob), answeredKey, keyVersion: material, algorithm }
    },
    describeKey: ({ signal }) => describeKey(sdk, key.arn, signal),
    close: sdk.close,
  }
}

/** Asks the service where only it knows: which ARN an alias or id stands for, and what kind of key that is. */
async function knownKey(
  sdk: AwsKmsSdk,
  { key, describeOnConnect }: AwsKmsOptions,
  signal: AbortSignal | undefined,
): Promise<KnownKey> {
  const local = arnInRegion(key, sdk.region) ?? key
  if (parseKeyName(key).isKeyArn && describeOnConnect !== true) {
    return { arn: local, tellsMaterial: true, protectionLevel: 'hsm' }
  }
  const metadata = await keyMetadata(sdk, local, signal)
  const { Arn: arn, KeySpec: spec, KeyUsage: usage, CurrentKeyMaterialId: material } = metadata
  if (arn === undefined) throw invalid('answeredKey', 'describes no key')
  if (spec !== 'SYMMETRIC_DEFAULT' || usage !== 'ENCRYPT_DECRYPT') {
    const message = `a symmetric encryption key is needed, and this one is ${spec} for ${usage}`
    throw new KeywrightError('configuration', message, { field: 'key' })
  }
  return { arn, tellsMaterial: material !== undefined, protectionLevel: protectionLevel(metadata) }
}

const materialGrammar = /^[0-9a-f]{64}$/

/** The version, a key material's id, comes from a header, which anyone may have written. */
function checkVersion(version: string): void {
  if (version === '' || materialGrammar.test(version)) return
  const message = 'a version is the id of a key material, or empty'
  throw new KeywrightError('invalid-argument', message, { field: 'keyVersion' })
}

/** What an answer tells of the material that was used: in another form, no unwrap would take it as a version later. */
function checkMaterial(material: string | undefined, { tellsMaterial }: KnownKey): void {
  if (material === undefined && tellsMaterial) {
    throw invalid('keyVersion', 'names no key material: a key in a key store needs describeOnConnect')
  }
  if (material !== undefined && !materialGrammar.test(material)) {
    throw invalid('keyVersion', 'names a key material in another form than AWS does')
  }
}

function checkAnswer(answered: string | undefined, asked: string, field: string): void {
  if (answered === asked) return
  if (answered === undefined) throw invalid(field, 'does not name all that was used')
  throw new KeywrightError('key-mismatch', 'AWS KMS answered for another key than the one asked', { field })
}

function present(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes !== undefined) return bytes
  throw invalid('bytes', 'has no bytes')
}

function invalid(field: string, what: string): KeywrightError {
  return new KeywrightError('invalid-response', `the answer of AWS KMS ${what}`, { field })
}
