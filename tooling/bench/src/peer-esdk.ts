import { randomBytes } from 'node:crypto'
import {
  type AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  AlgorithmSuiteIdentifier as suites,
} from '@aws-crypto/client-node'
import { median } from './measure.ts'

/** One configuration of the AWS Encryption SDK for JavaScript. */
export interface EsdkPeer {
  readonly seal: (plain: Uint8Array) => Promise<Uint8Array>
  readonly open: (sealed: Uint8Array) => Promise<Uint8Array>
}

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const keyring = new RawAesKeyringNode({
  keyName: 'bench',
  keyNamespace: 'bench',
  unencryptedMasterKey: new Uint8Array(randomBytes(32)),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
})
const caching = new NodeCachingMaterialsManager({
  backingMaterials: keyring,
  cache: getLocalCryptographicMaterialsCache(1_000),
  maxAge: 3_600_000,
  maxMessagesEncrypted: 2 ** 32,
  partition: 'bench',
})

/** Frame lengths tried for the unsigned suite, in bytes; the SDK's own default is the first. */
const frameLengths = [4_096, 65_536, 1_048_576, 16_777_216]
const unsigned: AlgorithmSuiteIdentifier = suites.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY

function peer(
  cached: boolean,
  encryptionContext: Record<string, string>,
  options: { suiteId?: AlgorithmSuiteIdentifier; frameLength?: number },
): EsdkPeer {
  const materials = cached ? caching : keyring
  return {
    seal: async (plain) => (await encrypt(materials, plain, { ...options, encryptionContext })).result,
    open: async (sealed) => (await decrypt(materials, sealed)).plaintext,
  }
}

/** The default suite: committed and signed (ECDSA P-384), 4 KiB frames. `cached` puts its caching manager on. */
export function esdkDefault(cached: boolean, context: Record<string, string>): EsdkPeer {
  return peer(cached, context, {})
}

/** The committed suite without signature, frames of `frameLength` bytes. */
export function esdkUnsigned(
  cached: boolean,
  context: Record<string, string>,
  frameLength: number,
): EsdkPeer {
  return peer(cached, context, { suiteId: unsigned, frameLength })
}

const best = new Map<string, number>()

/** The frame length with which the unsigned suite is fastest at this operation on `plain`, found by trying. */
export async function bestFrameLength(operation: 'seal' | 'open', plain: Uint8Array): Promise<number> {
  const name = `${operation} ${plain.length}`
  const known = best.get(name)
  if (known !== undefined) return known
  const repeat = plain.length > 1_048_576 ? 2 : plain.length > 65_536 ? 20 : 200
  let fastest = { frameLength: 4_096, ms: Number.POSITIVE_INFINITY }
  for (const frameLength of frameLengths) {
    // A frame of four times the message is no different from one that just holds it.
    if (frameLength > 65_536 && frameLength > 4 * plain.length) continue
    const candidate = esdkUnsigned(true, { bench: 'frames' }, frameLength)
    const sealed = await candidate.seal(plain)
    const samples: number[] = []
    for (let i = 0; i < repeat; i += 1) {
      const start = performance.now()
      await (operation === 'seal' ? candidate.seal(plain) : candidate.open(sealed))
      samples.push(performance.now() - start)
    }
    const ms = median(samples)
    if (ms < fastest.ms) fastest = { frameLength, ms }
  }
  best.set(name, fastest.frameLength)
  return fastest.frameLength
}
