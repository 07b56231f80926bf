import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { ConformanceReport } from '@keywright/conformance'
import { generateProvider } from '@keywright/tooling-new-provider/generate-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { install } from '../src/consumer.ts'
import { packWorkspace, run } from '../src/pack-workspace.ts'

const folder = mkdtempSync(join(tmpdir(), 'keywright-outside-'))
const project = join(folder, 'project')
// The command's first line asks PATH for a Node, which has to run TypeScript.
const env = { PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` }

beforeAll(async () => {
  const folders = ['packages/core', 'packages/resilience', 'packages/conformance']
  const packed = await packWorkspace(folder, folders)
  install(project, packed, packed)
  const root = join(folder, 'generated')
  await generateProvider({ root, name: 'acme-kms', packageName: '@acme/kms' })
  for (const part of ['src', 'conformance']) {
    cpSync(join(root, 'packages/providers/acme-kms', part), join(project, part), { recursive: true })
  }
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a provider outside of the workspace is put through the suite by one command, from the tarballs', () => {
  const args = ['keywright-conformance', '--module', 'conformance/harness.ts', '--json', 'report.json']
  const printed = run('npx', ['--no-install', ...args], project, env)
  expect(printed).toContain('acme-kms on example service in this process')
  const { providers }: ConformanceReport = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8'))
  const [{ provider, cases } = { provider: '', cases: [] }] = providers
  expect(provider).toBe('acme-kms')
  expect(cases.filter(({ result }) => result === 'fail')).toEqual([])
  expect(cases.filter(({ result }) => result === 'pass').length).toBeGreaterThanOrEqual(40)
})

test('its capability sheet is one command too', () => {
  const args = ['keywright-conformance', '--module', 'conformance/harness.ts', '--sheet', 'sheet.md']
  run('npx', ['--no-install', ...args], project, env)
  expect(readFileSync(join(project, 'sheet.md'), 'utf8')).toMatch(
    /^\| Key manager .*\n\|-.*\n\| acme-kms \| /,
  )
})

test('a module that is not there ends the command with 2', () => {
  const args = ['--no-install', 'keywright-conformance', '--module', 'nowhere.ts']
  expect(() => run('npx', args, project, env)).toThrow(expect.objectContaining({ status: 2 }))
})
