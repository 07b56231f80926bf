import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startBackend } from '@keywright/backends'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const softhsm = await startBackend('softhsm')
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

interface Watched {
  readonly connectMs: number
  readonly connectLongestMs: number
  /** The least of five unwraps. */
  readonly unwrapLongestMs: number
}

/** What each slow call of the module takes at least, in milliseconds. */
const slowMs = 50

test.runIf(softhsm !== undefined && process.platform === 'linux')(
  'while a token takes its time the event loop goes on: at start-up by default, always where asked for',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keywright-slow-module-'))
    try {
      const { KEYWRIGHT_PKCS11_MODULE: module, KEYWRIGHT_PKCS11_PIN: pin = '' } = softhsm?.environment ?? {}
      const slow = join(folder, 'slow.so')
      const addon = dirname(createRequire(import.meta.url).resolve('pkcs11js/package.json'))
      const flags = ['-shared', '-fPIC', '-I', join(addon, 'includes/pkcs11'), '-o', slow]
      await run('cc', [...flags, here('fixtures/slow-module.c'), '-ldl'])
      const env = { ...process.env, ...softhsm?.environment, SLOW_MODULE_OF: module }
      const watched = async (worker: string): Promise<Watched> => {
        const args = [here('programs/event-loop.mjs'), slow, pin, worker]
        return JSON.parse((await run(process.execPath, args, { env })).stdout)
      }
      const [never, startUp, always] = [
        await watched('never'),
        await watched('start-up'),
        await watched('always'),
      ]
      // Initialising, two sessions, the log-in and a search.
      expect(never.connectLongestMs).toBeGreaterThanOrEqual(5 * slowMs)
      expect(startUp.connectLongestMs).toBeLessThan(startUp.connectMs / 2)
      expect(always.connectLongestMs).toBeLessThan(always.connectMs / 2)
      // C_Decrypt is on the thread pool in each, C_DecryptInit only in the last.
      expect(never.unwrapLongestMs).toBeGreaterThanOrEqual(slowMs)
      expect(startUp.unwrapLongestMs).toBeGreaterThanOrEqual(slowMs)
      expect(always.unwrapLongestMs).toBeLessThan(slowMs)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
