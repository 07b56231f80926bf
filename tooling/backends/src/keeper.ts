// Holds one backend that the script started, in a process of its own: it starts it, says so to the script, and stops
// it at SIGTERM. `node keeper.ts NAME`; the script listens on the channel between the two.
import process from 'node:process'
import { BackendMissing } from './backend.ts'
import { openBackend } from './open-backend.ts'
import { identityOf } from './process-identity.ts'
import { removeState, writeState } from './running-state.ts'

/** What a keeper tells the script, once. */
export type KeeperMessage = { readonly ready: true } | { readonly failed: string; readonly missing: boolean }

const name = process.argv[2] ?? ''

async function tell(message: KeeperMessage): Promise<void> {
  if (process.connected) await new Promise((resolve) => process.send?.(message, resolve))
}

let interrupted = false
process.on('SIGTERM', () => {
  interrupted = true
})
// A keeper outlives the terminal that it was started from.
process.on('SIGINT', () => {})
process.on('SIGHUP', () => {})

try {
  const running = await openBackend(name, () => {})
  const end = async (): Promise<void> => {
    await running.stop()
    removeState(name)
    process.exit(0)
  }
  const keeper = identityOf(process.pid)
  if (interrupted || keeper === undefined) {
    await end()
  } else {
    process.on('SIGTERM', () => void end())
    writeState({ name, version: running.version, environment: running.environment, keeper })
    await tell({ ready: true })
    // Nothing else need keep this process from ending.
    setInterval(() => {}, 2 ** 30)
    await running.ended
    if (running.ended !== undefined) await end()
  }
} catch (error) {
  await tell({ failed: (error as Error).message, missing: error instanceof BackendMissing })
  process.exit(1)
}
