/** A 64-bit number in an answer: decimal text, or what has it as its text. */
type Int64 = number | string | { toString(): string } | null | undefined
type Checksum = { readonly value?: Int64 } | null | undefined
/** A text, or an enumeration's name; a number where it has none. */
type Name = string | number | null | undefined

/** What is read of answers; any member may be missing. Decrypt names neither key nor version. */
export interface CryptoAnswer {
  readonly name?: string | null | undefined
  readonly ciphertext?: Uint8Array | string | null | undefined
  readonly ciphertextCrc32c?: Checksum
  readonly verifiedPlaintextCrc32c?: boolean | null | undefined
  readonly verifiedAdditionalAuthenticatedDataCrc32c?: boolean | null | undefined
  readonly plaintext?: Uint8Array | string | null | undefined
  readonly plaintextCrc32c?: Checksum
  readonly protectionLevel?: Name
}

/** What is read of a key version. */
export interface VersionAnswer {
  readonly name?: string | null | undefined
  readonly state?: Name
  readonly protectionLevel?: Name
  readonly createTime?: { readonly seconds?: Int64 } | null | undefined
}

/** What is read of a key. */
export interface KeyAnswer {
  readonly primary?: VersionAnswer | null | undefined
  readonly versionTemplate?: { readonly protectionLevel?: Name } | null | undefined
  readonly createTime?: VersionAnswer['createTime']
}

/** The associated data of a request, with its checksum. */
export interface BoundContext {
  additionalAuthenticatedData: Uint8Array
  additionalAuthenticatedDataCrc32c: { value: number }
}

/** How one call is made: once, within its time in milliseconds. */
export interface CallOptions {
  timeout: number
  autoPaginate?: boolean
  retry: { retryCodes: number[]; backoffSettings: Record<BackoffSetting, number> }
}
type BackoffSetting = 'initialRetryDelayMillis' | 'retryDelayMultiplier' | 'maxRetryDelayMillis'

type Call<Request, Answer> = (
  request: Request,
  options: CallOptions,
) => Promise<readonly [Answer, ...unknown[]]>
type Sum = { value: number }
type NextPage = { pageToken?: string | null } | null | undefined

/** What is called of a client: a `KeyManagementServiceClient` of `@google-cloud/kms` is one. */
export interface GcpKmsClient {
  readonly encrypt: Call<
    BoundContext & { name: string; plaintext: Uint8Array; plaintextCrc32c: Sum },
    CryptoAnswer
  >
  readonly decrypt: Call<
    BoundContext & { name: string; ciphertext: Uint8Array; ciphertextCrc32c: Sum },
    CryptoAnswer
  >
  readonly getCryptoKey: Call<{ name: string }, KeyAnswer>
  /** Answers one page, and the request of the next where there is one. */
  readonly listCryptoKeyVersions: (
    request: { parent: string; pageSize: number; pageToken: string },
    options: CallOptions,
  ) => Promise<readonly [readonly VersionAnswer[], NextPage, ...unknown[]]>
}
