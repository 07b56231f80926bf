import { openBackend } from '@keywright/backends'
import { keyManagerStarts } from '@keywright/tooling-rewrap-matrix/key-managers'

/** A key manager that runs, with keys in it. */
export interface RunningKeyManager {
  /** With what clients and the command find it, and the URIs of its keys. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/**
 * Starts one; no two documents share it.
 *
 * @throws BackendMissing where it cannot be had on this machine
 */
export type KeyManager = () => Promise<RunningKeyManager>

/**
 * What a fence can be run with, by the scheme of its keys. Each holds two keys, `orders` and `invoices`. Some URIs name
 * the host, and with it a port that differs from run to run: `AWS_KMS_ORDERS` and `AWS_KMS_INVOICES` hold them, and
 * likewise for each scheme.
 */
export const keyManagers: ReadonlyMap<string, KeyManager> = new Map([
  // All of them as their command starts them, with its own environment, for the document of that command.
  ['emulators', (): Promise<RunningKeyManager> => openBackend('emulators')],
  ...[...keyManagerStarts]
    // Every document has local keys of its own.
    .filter(([scheme]) => scheme !== 'local')
    .map(([scheme, start]): [string, KeyManager] => [
      scheme,
      async () => {
        const { environment, createKey, close } = await start()
        try {
          const prefix = scheme.toUpperCase().replaceAll('-', '_')
          const keys: Record<string, string> = {}
          for (const name of ['orders', 'invoices']) {
            keys[`${prefix}_${name.toUpperCase()}`] = (await createKey(name)).uri
          }
          return { environment: { ...environment, ...keys }, stop: close }
        } catch (error) {
          await close()
          throw error
        }
      },
    ]),
])
