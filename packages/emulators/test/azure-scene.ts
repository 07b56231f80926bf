import { createPublicKey, publicEncrypt } from 'node:crypto'
import { request } from 'node:https'
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys'
import { type AzureEmulator, azureKeyVaultEmulator, azureManagedHsmEmulator } from '../src/index.ts'

/** What came back, whoever asked. */
export interface Exchange {
  readonly status: number
  /** In the order of the wire, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** As on the wire. */
  readonly text: string
}

interface WireOptions {
  /** `null`: none. Default: a good one. */
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

type Capture = (options: {
  onResponse: (response: {
    status: number
    headers: Iterable<[string, string]>
    bodyAsText?: string | null
  }) => void
}) => Promise<unknown>

/** An emulator with what is needed to ask it. */
export interface AzureScene {
  readonly emulator: AzureEmulator
  readonly keys: KeyClient
  /** The unmodified client for a key version, without the reads and dates that it would mind. */
  readonly cryptography: (name: string, version?: string) => CryptographyClient
  /** Asks by the unmodified client, whose last answer is returned as it came; what the client throws is dropped. */
  readonly bySdk: (call: Capture) => Promise<Exchange>
  /** Asks by hand, for what the client cannot say or hides. */
  readonly byHand: (method: string, path: string, body?: unknown, options?: WireOptions) => Promise<Exchange>
  readonly close: () => Promise<void>
}

/** Starts an emulator and makes clients for it. */
export async function azureScene(
  flavour: 'key-vault' | 'managed-hsm',
  now?: () => Date,
  serviceVersion?: string,
): Promise<AzureScene> {
  const start = flavour === 'key-vault' ? azureKeyVaultEmulator : azureManagedHsmEmulator
  const emulator = await start({ now })
  const tlsOptions = { ca: emulator.certificate }
  const credential = {
    getToken: async () => ({ token: emulator.token(), expiresOnTimestamp: Date.now() + 3_600_000 }),
  }
  const options = (): object => ({
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
    tlsOptions,
    ...(serviceVersion === undefined ? {} : { serviceVersion }),
  })
  return {
    emulator,
    keys: new KeyClient(emulator.url, credential, options()),
    cryptography: (name, version) => {
      const id = [`${emulator.url}/keys/${name}`, version].filter(Boolean).join('/')
      const key: KeyVaultKey = { name, id, key: {}, properties: { name, vaultUrl: emulator.url } }
      return new CryptographyClient(key, credential, options())
    },
    bySdk: async (call) => {
      let last: Exchange | undefined
      const onResponse: Parameters<Capture>[0]['onResponse'] = ({ status, headers, bodyAsText }) => {
        last = { status, headers: [...headers], text: bodyAsText ?? '' }
      }
      await call({ onResponse }).catch(() => {})
      if (last === undefined) throw new Error('the client made no request')
      return last
    },
    byHand: (method, path, body, { token = emulator.token(), headers = {} } = {}) => {
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
      return ask(`${emulator.url}${path}`, method, body, tlsOptions, { ...authorization, ...headers })
    },
    close: emulator.close,
  }
}

function ask(
  url: string,
  method: string,
  body: unknown,
  tls: { readonly ca: string },
  headers: Readonly<Record<string, string>>,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false, ...tls }, async (response) => {
      const pieces: Buffer[] = []
      for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece)
      const { rawHeaders: raw, statusCode: status = 0 } = response
      const pairs = raw.flatMap((name, at) =>
        at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ''] as const] : [],
      )
      resolve({ status, headers: pairs, text: Buffer.concat(pieces).toString() })
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Encrypts under a key's public half, as anybody could. */
export async function encryptOutside(
  { keys }: AzureScene,
  name: string,
  oaepHash: string,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const { key } = await keys.getKey(name)
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url')
  const jwk = { kty: 'RSA', n: text(key?.n), e: text(key?.e) }
  return publicEncrypt({ key: createPublicKey({ key: jwk, format: 'jwk' }), oaepHash }, plaintext)
}
