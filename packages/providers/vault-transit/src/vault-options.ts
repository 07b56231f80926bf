import type { Clock } from '@keywright/resilience'
import type { VaultTls } from './client/vault-http.ts'

/** A secret, or what fetches it each time that it is needed. */
export type VaultSecret = string | (() => string | Promise<string>)

/**
 * How a KEK gets its token. `token`: the one given, else VAULT_TOKEN, else the file that `vault login` writes; read again
 * when it is no longer accepted. `approle` and `kubernetes` log in, and log in again. `mount` is the auth method's path;
 * `tokenFile` the service account's token, by default where Kubernetes puts it.
 */
export type VaultAuth =
  | { readonly method: 'token'; readonly token?: VaultSecret | undefined }
  | {
      readonly method: 'approle'
      readonly roleId: string
      readonly secretId: VaultSecret
      readonly mount?: string | undefined
    }
  | {
      readonly method: 'kubernetes'
      readonly role: string
      readonly tokenFile?: string | undefined
      readonly mount?: string | undefined
    }

/** What is called of a ready node-vault client; any object of this shape will do. */
export interface VaultClient {
  readonly endpoint: string
  readonly namespace?: string | undefined
  token: string
  readonly read: (
    path: string,
    requestOptions?: { readonly signal?: AbortSignal | undefined },
  ) => Promise<unknown>
  readonly write: (
    path: string,
    data: object,
    requestOptions?: { readonly signal?: AbortSignal | undefined },
  ) => Promise<unknown>
}

/** Which key of which Vault. */
export interface VaultTransitOptions {
  /** The key's name. It is never created. */
  readonly key: string
  /** Path of the transit engine. Default: `transit`. */
  readonly mount?: string | undefined
  /** Such as `https://vault.example:8200`; default: VAULT_ADDR, else `https://127.0.0.1:8200`. */
  readonly address?: string | undefined
  /** Default: VAULT_NAMESPACE, else the root. A key URI names it, or means the root. */
  readonly namespace?: string | undefined
  /** Default: `{ method: 'token' }`. */
  readonly auth?: VaultAuth | undefined
  /** Default: VAULT_CACERT, VAULT_CLIENT_CERT, VAULT_CLIENT_KEY (files), VAULT_TLS_SERVER_NAME, VAULT_SKIP_VERIFY. */
  readonly tls?: VaultTls | undefined
  /**
   * A ready node-vault client with a token of its own, in place of address, namespace, auth and tls. It stays open, its
   * redirects, debug lines and signals are its own affair, and a context that it drops is found out as with any server.
   */
  readonly client?: VaultClient | undefined
  /** The time that renewals go by. Default: the machine's. */
  readonly clock?: Clock | undefined
}
