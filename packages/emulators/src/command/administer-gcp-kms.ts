import type { GcpKmsEmulator } from '../gcp-kms/gcp-kms-emulator.ts'
import { type Administration, AdministrationError, firstKeyName, referenceOf } from './administration.ts'
import { grpcCall } from './grpc-call.ts'

const firstKey = `projects/${firstKeyName}/locations/global/keyRings/${firstKeyName}/cryptoKeys/${firstKeyName}`

/** The operator of Google Cloud KMS. What is done to a key is done to its primary version, as only versions have a state. */
export function administerGcpKms(emulator: GcpKmsEmulator): Administration {
  const { url } = emulator

  async function primaryOf(uri: string): Promise<string> {
    const key = await grpcCall<Key>(url, 'GetCryptoKey', { name: referenceOf(uri, 'gcp-kms') })
    if (key.primary === null) throw new AdministrationError('the key has no primary version')
    return key.primary.name
  }

  const setState = (state: string) => async (uri: string) => {
    const cryptoKeyVersion = { name: await primaryOf(uri), state }
    await grpcCall(url, 'UpdateCryptoKeyVersion', { cryptoKeyVersion, updateMask: { paths: ['state'] } })
  }

  return {
    async firstKey() {
      emulator.createKey(firstKey)
      return `gcp-kms://${firstKey}`
    },
    actions: {
      async rotate(uri) {
        const name = referenceOf(uri, 'gcp-kms')
        const made = await grpcCall<Named>(url, 'CreateCryptoKeyVersion', {
          parent: name,
          cryptoKeyVersion: {},
        })
        const cryptoKeyVersionId = made.name.slice(made.name.lastIndexOf('/') + 1)
        await grpcCall(url, 'UpdateCryptoKeyPrimaryVersion', { name, cryptoKeyVersionId })
      },
      disable: setState('DISABLED'),
      enable: setState('ENABLED'),
      destroy: async (uri) => {
        await grpcCall(url, 'DestroyCryptoKeyVersion', { name: await primaryOf(uri) })
      },
    },
  }
}

interface Named {
  readonly name: string
}

interface Key extends Named {
  readonly primary: Named | null
}
