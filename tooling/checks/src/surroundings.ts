import { BackendMissing } from '@keywright/backends'
import type { KeyManager, RunningKeyManager } from './key-managers.ts'

/** Key managers that run for one document. */
export interface Surroundings {
  /** What its fences find in their environment. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/**
 * Starts key managers, all at once.
 *
 * @param names of them
 * @param startable those that there are
 * @returns their common environment, or one line about the one that cannot be had on this machine
 */
export async function startAll(
  names: ReadonlySet<string>,
  startable: ReadonlyMap<string, KeyManager>,
): Promise<Surroundings | { readonly missing: string }> {
  const results = await Promise.allSettled([...names].map((name) => start(name, startable)))
  const running = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.stop()))
  }
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) {
    const environment = Object.assign({}, ...running.map((one) => one.environment))
    return { environment, stop }
  }
  await stop()
  if (failed.reason instanceof BackendMissing) return { missing: failed.reason.message }
  throw failed.reason
}

async function start(name: string, startable: ReadonlyMap<string, KeyManager>): Promise<RunningKeyManager> {
  const keyManager = startable.get(name)
  if (keyManager === undefined) throw new BackendMissing(`there is no key manager ${name}`)
  return keyManager()
}
