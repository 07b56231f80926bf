import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { BackendMissing } from '../src/backend.ts'
import { cacheOf } from '../src/cache-folder.ts'
import { installBackend } from '../src/install-backend.ts'
import { openLoaded } from '../src/open-backend.ts'
import { exampleBackend, notThere } from './example-backend.ts'

const names: string[] = []
afterAll(() => {
  for (const name of names) rmSync(cacheOf(name), { recursive: true, force: true })
})

function newName(): string {
  const name = `example-${crypto.randomUUID()}`
  names.push(name)
  return name
}

const quiet = (): void => {}

test('a backend is installed once and started as often as wanted', async () => {
  const backend = exampleBackend(newName(), '1')
  for (const _ of [1, 2]) await (await openLoaded(backend, quiet)).stop()
  expect(backend.trace).toMatchObject({ installs: 1, stops: 2 })
})

test('several that want the same backend at once install it once', async () => {
  const backend = exampleBackend(newName(), '1')
  const caches = await Promise.all(Array.from({ length: 4 }, () => installBackend(backend, quiet)))
  expect(new Set(caches).size).toBe(1)
  expect(backend.trace.installs).toBe(1)
})

test('a new version is installed, and the old one removed', async () => {
  const name = newName()
  const old = await installBackend(exampleBackend(name, '1'), quiet)
  const now = await installBackend(exampleBackend(name, '2'), quiet)
  expect(existsSync(old)).toBe(false)
  expect(readFileSync(join(now, 'program'), 'utf8')).toBe('2')
})

test('an installation that failed leaves nothing and is tried again', async () => {
  const name = newName()
  const failing = exampleBackend(name, '1', { install: () => Promise.reject(notThere) })
  await expect(installBackend(failing, quiet)).rejects.toBe(notThere)
  expect(readdirSync(cacheOf(name))).toEqual([])
  const backend = exampleBackend(name, '1')
  await installBackend(backend, quiet)
  expect(backend.trace.installs).toBe(1)
})

test('what an installation found and has since gone is installed once more', async () => {
  const backend = exampleBackend(newName(), '1')
  await installBackend(backend, quiet)
  let starts = 0
  const flaky = {
    ...backend,
    start: (place: Parameters<typeof backend.start>[0]) => {
      starts++
      return starts === 1 ? Promise.reject(notThere) : backend.start(place)
    },
  }
  await (await openLoaded(flaky, quiet)).stop()
  expect(backend.trace.installs).toBe(2)
})

test("the private folder is its owner's alone, and gone after the stop", async () => {
  const backend = exampleBackend(newName(), '1')
  const running = await openLoaded(backend, quiet)
  expect(statSync(backend.trace.folder).mode & 0o077).toBe(0)
  await running.stop()
  expect(existsSync(backend.trace.folder)).toBe(false)
})

test('a second stop is the first one', async () => {
  const backend = exampleBackend(newName(), '1')
  const running = await openLoaded(backend, quiet)
  await Promise.all([running.stop(), running.stop()])
  expect(backend.trace.stops).toBe(1)
})

test('a start that fails leaves no folder', async () => {
  const backend = exampleBackend(newName(), '1')
  const failing = {
    ...backend,
    async start(place: Parameters<typeof backend.start>[0]) {
      await backend.start(place)
      throw new Error('no')
    },
  }
  await expect(openLoaded(failing, quiet)).rejects.not.toBeInstanceOf(BackendMissing)
  expect(existsSync(backend.trace.folder)).toBe(false)
})
