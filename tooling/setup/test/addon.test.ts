import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { buildAddon } from '../addon.mjs'

const roots: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** A workspace with an addon of three empty sources. */
function newRoot(): { root: string; folder: string } {
  const root = mkdtempSync(join(tmpdir(), 'keywright-addon-'))
  const folder = join(root, 'packages/providers/pkcs11/node_modules/pkcs11js')
  mkdirSync(join(folder, 'src'), { recursive: true })
  for (const name of ['dl', 'common', 'main']) writeFileSync(join(folder, `src/${name}.cpp`), '')
  roots.push(root)
  return { root, folder }
}

test('without a compiler the addon is left out, and one line says what to install', () => {
  const { root } = newRoot()
  vi.stubEnv('PATH', root)
  const { built, line } = buildAddon(root, process.execPath)
  expect(built).toBe(false)
  expect(line).toContain('g++')
  expect(line).not.toContain('\n')
})

test('an addon that is there is not built again', () => {
  const { root, folder } = newRoot()
  mkdirSync(join(folder, 'build/Release'), { recursive: true })
  writeFileSync(join(folder, 'build/Release/pkcs11.node'), '')
  expect(buildAddon(root, process.execPath)).toEqual({ built: true })
})

test('where the provider is not installed nothing is built', () => {
  const root = mkdtempSync(join(tmpdir(), 'keywright-addon-'))
  roots.push(root)
  expect(buildAddon(root, process.execPath)).toEqual({ built: true })
})
