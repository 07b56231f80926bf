import { appendFileSync } from 'node:fs'
import { BackendMissing, type RunningBackend } from './backend.ts'
import { openBackend } from './open-backend.ts'

/**
 * Starts a backend for one test file: called at the file's top level, stopped after the file's last test.
 *
 * Where the machine lacks what it needs: in CI and with `npm test -- --all` that is an error. Elsewhere the file gets
 * one skipped test that says how to get it, the run's last lines say so too, and there is nothing to test:
 *
 *     const softhsm = await startBackend('softhsm')
 *     if (softhsm !== undefined) test('…', () => …)
 *
 * @param name of a folder in `tooling/backends`
 * @returns what runs; undefined where it is missing
 * @throws BackendMissing in CI and with `--all`
 */
export async function startBackend(name: string): Promise<RunningBackend | undefined> {
  const { afterAll, test } = await import('vitest')
  try {
    const running = await openBackend(name)
    afterAll(() => running.stop())
    return running
  } catch (error) {
    if (!(error instanceof BackendMissing) || everythingIsWanted()) throw error
    const line = `${name} is missing: ${error.message}`
    const file = process.env['KEYWRIGHT_MISSING']
    if (file !== undefined) appendFileSync(file, `${line}\n`)
    test.skipIf(true)(line)
    return undefined
  }
}

function everythingIsWanted(): boolean {
  return process.env['CI'] === 'true' || process.env['KEYWRIGHT_BACKENDS'] === 'required'
}
