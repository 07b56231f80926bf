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

/** What a fence can be run with, by the scheme of its keys. */
export const keyManagers: ReadonlyMap<string, KeyManager> = new Map<string, KeyManager>()
