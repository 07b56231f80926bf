import type { VaultTransitEmulator } from '../vault-transit/vault-transit-emulator.ts'
import { type Administration, AdministrationError, firstKeyName, referenceOf } from './administration.ts'

// A standby here sends its clients to itself: what they do with a redirect is seen in the call log.
const states = ['active', 'standby', 'performance-standby', 'dr-secondary', 'sealed'] as const

/** The operator of Vault's transit engine, with the root token. Transit has no way to disable a key. */
export function administerVaultTransit(emulator: VaultTransitEmulator): Administration {
  const host = new URL(emulator.url).host

  async function call(method: string, path: string, namespace = '', body: object = {}): Promise<void> {
    const headers: Record<string, string> = { 'x-vault-token': emulator.rootToken }
    if (namespace !== '') headers['x-vault-namespace'] = namespace
    const sent = method === 'DELETE' ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${emulator.url}/v1/${path}`, { method, headers, ...sent })
    const text = await answer.text()
    if (!answer.ok)
      throw new AdministrationError(`${method} ${path} was answered with ${answer.status}: ${text}`)
  }

  function place(uri: string): readonly [path: string, namespace: string] {
    const reference = referenceOf(uri, 'vault-transit')
    const found = /^([^/]+)\/(?:ns\/(.+?)\/)?([^/]+\/keys\/[^/]+)$/.exec(reference)
    if (found?.[1] !== host)
      throw new AdministrationError(`a key here is vault-transit://${host}/MOUNT/keys/NAME`)
    return [found[3] ?? '', found[2] ?? '']
  }

  return {
    async firstKey() {
      await call('POST', `transit/keys/${firstKeyName}`)
      return `vault-transit://${host}/transit/keys/${firstKeyName}`
    },
    states: Object.fromEntries(
      states.map((state) => [
        state,
        () => {
          emulator.health = state === 'standby' ? { state, activeAddress: emulator.url } : { state }
        },
      ]),
    ),
    actions: {
      async rotate(uri) {
        const [path, namespace] = place(uri)
        await call('POST', `${path}/rotate`, namespace)
      },
      async destroy(uri) {
        const [path, namespace] = place(uri)
        await call('POST', `${path}/config`, namespace, { deletion_allowed: true })
        await call('DELETE', path, namespace)
      },
    },
  }
}
