import { KeyManagementServiceClient } from '@google-cloud/kms'
import type { GcpKmsOptions } from '@keywright/gcp-kms'
import gax from 'google-gax'
import { onTestFinished } from 'vitest'

/** Google's own client, which hands a decrypted data key on only when a test says so. */
export interface LateClient {
  readonly client: NonNullable<GcpKmsOptions['client']>
  /** The plaintexts of answers, themselves, not copies of them, and what was in them when they came. */
  readonly plaintexts: readonly { readonly bytes: Uint8Array; readonly hadBytes: boolean }[]
  /** Lets go of the answers, and settles when all of them were handed on. */
  readonly release: () => Promise<void>
}

/**
 * @param url of the emulator
 */
export function lateClient(url: string): LateClient {
  const { hostname, port } = new URL(url)
  const google = new KeyManagementServiceClient({
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: gax.grpc.credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  onTestFinished(() => google.close())
  const plaintexts: { readonly bytes: Uint8Array; readonly hadBytes: boolean }[] = []
  const calls: Promise<unknown>[] = []
  let letGo = (): void => {}
  const released = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const client: LateClient['client'] = {
    encrypt: (request, options) => google.encrypt(request, options),
    decrypt: (request, options) => {
      const call = google.decrypt(request, options).then(async (answer) => {
        const [{ plaintext: bytes }] = answer
        if (bytes instanceof Uint8Array)
          plaintexts.push({ bytes, hadBytes: bytes.some((byte) => byte !== 0) })
        await released
        return answer
      })
      calls.push(call)
      return call
    },
    getCryptoKey: (request, options) => google.getCryptoKey(request, options),
    listCryptoKeyVersions: (request, options) => google.listCryptoKeyVersions(request, options),
  }
  return {
    client,
    plaintexts,
    release: async () => {
      letGo()
      await Promise.all(calls)
    },
  }
}
