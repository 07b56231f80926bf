import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, runsTypeScript, workspaceFolders } from '../setup.mjs'

test.each(['22.18.0', '23.6.0', '24.0.0', '26.1.0'])('Node %s runs TypeScript by itself', (version) => {
  expect(runsTypeScript(version)).toBe(true)
})

test.each(['20.0.0', '22.12.0', '22.17.9', '23.5.0'])('Node %s does not', (version) => {
  expect(runsTypeScript(version)).toBe(false)
})

test('every folder with a manifest under the workspace patterns is found', () => {
  expect(workspaceFolders()).toContain(join('packages', 'providers', 'local'))
  for (const folder of workspaceFolders()) expect(existsSync(join(root, folder, 'package.json'))).toBe(true)
})

test('the pinned pnpm is the one that package.json names', () => {
  const named = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
  const pin = JSON.parse(readFileSync(join(root, 'tooling/setup/pnpm/package.json'), 'utf8'))
  const lock = JSON.parse(readFileSync(join(root, 'tooling/setup/pnpm/package-lock.json'), 'utf8'))
  expect(named).toBe(`pnpm@${pin.dependencies.pnpm}`)
  expect(lock.packages['node_modules/pnpm'].version).toBe(pin.dependencies.pnpm)
})

test.each(['try', 'test', 'test:long', 'check', 'keywright', 'backends', 'bench', 'conformance'])(
  'npm run %s -- --help explains the script',
  (script) => {
    const result = spawnSync('npm', ['run', '--silent', script, '--', '--help'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(result.status).toBe(0)
    expect(result.stdout.length).toBeGreaterThan(40)
  },
)
