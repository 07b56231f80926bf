import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { RunningBackend } from '../src/backend.ts'
import { startInFile, type TestFile } from '../src/start-backend.ts'
import { notThere } from './example-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'keywright-start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const missing = (): Promise<RunningBackend> => Promise.reject(notThere)

function testFile(required: boolean): TestFile & { stops: (() => Promise<void>)[]; skipped: string[] } {
  const stops: (() => Promise<void>)[] = []
  const skipped: string[] = []
  return {
    name: 'acme',
    required,
    missingFile: join(folder, crypto.randomUUID()),
    afterAll: (stop) => stops.push(stop),
    skip: (title) => skipped.push(title),
    stops,
    skipped,
  }
}

test('what is started for a file is stopped after it', async () => {
  let stopped = 0
  const running: RunningBackend = {
    version: '1',
    environment: {},
    stop: async () => {
      stopped++
    },
  }
  const file = testFile(false)
  expect(await startInFile(async () => running, file)).toBe(running)
  for (const stop of file.stops) await stop()
  expect(stopped).toBe(1)
})

test('what is missing is one skipped test, and one line for the end of the run', async () => {
  const file = testFile(false)
  expect(await startInFile(missing, file)).toBeUndefined()
  expect(file.skipped).toEqual(['acme is missing: apt-get install example'])
  expect(readFileSync(file.missingFile ?? '', 'utf8')).toBe(`${file.skipped[0]}\n`)
})

test('what is missing is an error where everything is wanted', async () => {
  const file = testFile(true)
  await expect(startInFile(missing, file)).rejects.toBe(notThere)
  expect(file.skipped).toEqual([])
})

test('an error of another kind is never taken for a missing backend', async () => {
  const broken = (): Promise<RunningBackend> => Promise.reject(new Error('broken'))
  await expect(startInFile(broken, testFile(false))).rejects.toThrow('broken')
})
