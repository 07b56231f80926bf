import { KeywrightError } from '@keywright/core/provider'
import { defaultAddress, environment, environmentOf, environmentVaults } from './client/environment.ts'
import { formatReference, type KeyAddress, parseReference } from './key-address.ts'
import type { VaultTransitOptions } from './vault-options.ts'

/** A key's address with the protocol by which its Vault is reached. */
export interface VaultKey extends KeyAddress {
  /** Protocol, host and port. */
  readonly origin: string
  readonly reference: string
}

/**
 * Where the options say that the key is.
 *
 * @throws KeywrightError `configuration` for what is no address or name, and for plain http that nobody asked for
 */
export function vaultKey(options: VaultTransitOptions): VaultKey {
  const { client, key, mount = 'transit' } = options
  const address = client?.endpoint ?? options.address ?? environment('ADDR') ?? defaultAddress
  const url = checkedUrl(address, client !== undefined)
  const namespace =
    (client === undefined ? (options.namespace ?? environment('NAMESPACE')) : client.namespace) ?? ''
  const named = { host: url.host, namespace: namespace.replace(/\/$/, ''), mount, key }
  return { ...named, origin: url.origin, reference: formatReference(named) }
}

/** Options for a key URI: a loopback host is called by http, any other by https, unless the environment names it. */
export function optionsOfReference(reference: string): VaultTransitOptions {
  const { host, ...named } = parseReference(reference)
  const configured = environmentVaults().find(({ url }) => url.host === host)
  const plain = configured === undefined ? isLoopback(host) : configured.url.protocol === 'http:'
  return { ...named, address: `${plain ? 'http' : 'https'}://${host}` }
}

function checkedUrl(address: string, isGiven: boolean): URL {
  const url = URL.parse(address)
  const bare = url !== null && `${url.protocol}//${url.host}/` === url.href
  if (!bare || !/^https?:$/.test(url.protocol)) throw refused('is a URL of protocol, host and port')
  if (url.protocol === 'https:' || isGiven || isLoopback(url.host)) return url
  if (environmentOf(url.origin) !== undefined) return url
  throw refused('begins with https:// unless it is this machine, or VAULT_ADDR itself says http://')
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host)
}

function refused(rule: string): KeywrightError {
  return new KeywrightError('configuration', `the address of Vault ${rule}`, { field: 'address' })
}
