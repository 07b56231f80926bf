import type { GcpKmsClient } from './gcp-kms-client.ts'

/** Options of `gcpKms`. */
export interface GcpKmsOptions {
  /** `projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY`, as the service itself writes it. */
  readonly key: string
  /** A ready client, which stays open when the KEK is closed. Default: one of ours, shared by KEKs that can share it. */
  readonly client?: GcpKmsClient | undefined
  /**
   * For the constructor of `KeyManagementServiceClient`: `apiEndpoint`, `port`, `keyFilename`, `credentials`,
   * `authClient`, … Default: Google's application default credentials and global endpoint.
   */
  readonly clientOptions?: Readonly<Record<string, unknown>> | undefined
  /**
   * `http://HOST:PORT` of an emulator on this machine, reached without TLS and without credentials; another host is
   * refused. Default: the environment's `KEYWRIGHT_GCP_KMS_ENDPOINT`, unless `clientOptions` are given.
   */
  readonly endpoint?: string | undefined
  /** Where the key must live: answers that tell another level are refused with `configuration`. Default: anywhere. */
  readonly protectionLevel?: 'software' | 'hsm' | 'external' | undefined
  /** Time that one call may take, in milliseconds; it ends calls that were given up, too. Default: 10,000. */
  readonly timeoutMs?: number | undefined
}
