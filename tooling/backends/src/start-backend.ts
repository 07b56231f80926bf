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
  return startInFile(() => openBackend(name), {
    name,
    required: process.env['CI'] === 'true' || process.env['KEYWRIGHT_BACKENDS'] === 'required',
    missingFile: process.env['KEYWRIGHT_MISSING'],
    afterAll,
    skip: (line) => test.skipIf(true)(line),
  })
}

/** The test file and the run that a backend is started for. */
export interface TestFile {
  readonly name: string
  /** Whether what is missing is an error. */
  readonly required: boolean
  /** File that gathers what is missing, a line each, for the run's last lines. */
  readonly missingFile: string | undefined
  afterAll(stop: () => Promise<void>): void
  /** Registers a skipped test of this title. */
  skip(title: string): void
}

/** Opens a backend for a test file, or tells the file that it is missing. */
export async function startInFile(
  open: () => Promise<RunningBackend>,
  file: TestFile,
): Promise<RunningBackend | undefined> {
  try {
    const running = await open()
    file.afterAll(() => running.stop())
    return running
  } catch (error) {
    if (!(error instanceof BackendMissing) || file.required) throw error
    const line = `${file.name} is missing: ${error.message}`
    if (file.missingFile !== undefined) appendFileSync(file.missingFile, `${line}\n`)
    file.skip(line)
    return undefined
  }
}
