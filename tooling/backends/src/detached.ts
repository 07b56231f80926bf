import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BackendMissing } from './backend.ts'
import type { KeeperMessage } from './keeper.ts'
import { withLock } from './lock.ts'
import { isAlive } from './process-identity.ts'
import { type RunningState, readState, removeState, stateFolder } from './running-state.ts'

const pollMs = 20
const patienceMs = 15_000

/**
 * Starts a backend that outlives this process, unless it runs already.
 *
 * @throws BackendMissing when this machine lacks something
 */
export async function startDetached(name: string): Promise<RunningState> {
  return withLock(
    join(stateFolder(), `${name}.lock`),
    () => {},
    async () => {
      const running = readState(name)
      if (running !== undefined) return running
      await launch(name)
      const state = readState(name)
      if (state === undefined) throw new Error(`${name} ended as soon as it was ready`)
      return state
    },
  )
}

async function launch(name: string): Promise<void> {
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.ts'), name], {
    cwd: stateFolder(),
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const message = await new Promise<KeeperMessage>((resolve, reject) => {
    keeper.once('message', (told) => resolve(told as KeeperMessage))
    keeper.once('error', reject)
    keeper.once('exit', (code) => reject(new Error(`the keeper of ${name} ended with ${code}`)))
  })
  keeper.removeAllListeners()
  if (keeper.connected) keeper.disconnect()
  keeper.unref()
  if ('ready' in message) return
  throw message.missing ? new BackendMissing(message.failed) : new Error(message.failed)
}

/**
 * Stops a backend that the script started: its processes are gone and its private folder is removed.
 *
 * @returns false when it did not run
 */
export async function stopDetached(name: string): Promise<boolean> {
  const state = readState(name)
  if (state === undefined) return false
  const { keeper } = state
  signal(keeper.pid, 'SIGTERM')
  const deadline = performance.now() + patienceMs
  while (isAlive(keeper) && performance.now() < deadline) await delay(pollMs)
  // What a killed keeper leaves is removed by its leash.
  if (isAlive(keeper)) signal(keeper.pid, 'SIGKILL')
  removeState(name)
  return true
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
