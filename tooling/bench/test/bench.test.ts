import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { CaseResult } from '../src/bench-case.ts'
import { overheadCasesOfAll } from '../src/overhead-cases.ts'
import { targets } from '../src/targets.ts'

const start = promisify(execFile)
const program = resolve(import.meta.dirname, '../src/main.ts')
const sizes = ['100B', '1KiB', '16KiB', '1MiB', '64MiB']
const ids = [
  ...sizes.flatMap((size) =>
    ['seal', 'open'].flatMap((operation) => ['fresh', 'cached'].map((dek) => `${operation}-${size}-${dek}`)),
  ),
  ...['seal-1GiB-file', 'open-1GiB-file', 'range-read', 'rewrap-in-place', 'threads-2', 'import-core'],
  ...['aws-kms', 'gcp-kms', 'azure-key-vault', 'vault-transit', 'pkcs11'].map((name) => `import-${name}`),
  ...['seal-1000-tenants', 'pkcs11-wrap', 'pkcs11-unwrap', ...overheadCasesOfAll.map(({ id }) => id)],
]

function resultOf(figures: Partial<CaseResult> & { id: string }): CaseResult {
  return { unit: 'us', ours: 1, limit: 1, peers: {}, ...figures }
}

function reached(text: string, figures: Partial<CaseResult> & { id: string }): boolean | undefined {
  const target = targets.find((one) => one.id === figures.id && one.text.includes(text))
  return target?.judge(resultOf(figures))?.reached
}

test('--list names every case, each once', async () => {
  const { stdout } = await start(process.execPath, [program, '--list'])
  expect(stdout.trim().split('\n').sort()).toEqual([...ids].sort())
})

test('an unknown case ends with code 2', async () => {
  await expect(start(process.execPath, [program, '--only', 'nothing'])).rejects.toMatchObject({ code: 2 })
})

test('one quick case writes its figures as JSON and as a page', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-bench-test-'))
  try {
    const [json, page] = [join(folder, 'bench.json'), join(folder, 'bench.md')]
    const id = 'seal-100B-cached'
    await start(process.execPath, [program, ...['--quick', '--only', id, '--json', json, '--markdown', page]])
    const figure = expect.any(Number)
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({
      machine: { cpu: expect.any(String), cores: figure, node: process.version, quick: true },
      cases: [
        {
          id,
          unit: 'us',
          ours: figure,
          limit: figure,
          peers: { 'esdk-default': figure, 'esdk-unsigned': figure, age: figure },
        },
      ],
    })
    expect(await readFile(page, 'utf8')).toContain(`| ${id} | us |`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('every target is about a case that there is', () => {
  expect(targets.map(({ id }) => id).filter((id) => !ids.includes(id))).toEqual([])
})

test('a ratio to a peer is reached from the wanted one on', () => {
  const id = 'seal-1KiB-cached'
  expect(reached('60 times', { id, peers: { 'esdk-default': 60 } })).toBe(true)
  expect(reached('60 times', { id, peers: { 'esdk-default': 59 } })).toBe(false)
})

test('a share of the limit counts speed, not time', () => {
  const id = 'seal-64MiB-cached'
  expect(reached('90 %', { id, unit: 'MB/s', ours: 90, limit: 100 })).toBe(true)
  expect(reached('90 %', { id, unit: 'MB/s', ours: 89, limit: 100 })).toBe(false)
})

test('two threads are judged by what the bare loop gains from them', () => {
  const id = 'threads-2'
  expect(reached('1.7', { id, unit: 'x', ours: 1.6, limit: 1.9 })).toBe(false)
  expect(reached('1.7', { id, unit: 'x', ours: 1.7, limit: 1.9 })).toBe(true)
  expect(reached('1.7', { id, unit: 'x', ours: 1.25, limit: 1.3 })).toBe(true)
  expect(reached('1.7', { id, unit: 'x', ours: 1.2, limit: 1.3 })).toBe(false)
})

test('a case without a figure of ours has no verdict', () => {
  expect(reached('1.6 times', { id: 'open-1KiB-cached', ours: null })).toBeUndefined()
})
