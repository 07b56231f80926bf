import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'

const memory = new URL('../src/memory/index.ts', import.meta.url).href
const harness = (backend: string, more = ''): string =>
  `import { memoryHarness } from '${memory}'\nexport const harness = { ...memoryHarness(), backend: '${backend}', ${more} }\n`
const missing = `class BackendMissing extends Error { name = 'BackendMissing' }\nthrow new BackendMissing('needs a thing: get it')\n`

/** A workspace with these harness modules of one provider. */
async function workspace(modules: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-conformance-command-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'pnpm-workspace.yaml'), '')
  for (const [name, text] of Object.entries(modules)) {
    const path = join(folder, 'packages/providers/memory/conformance', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  return folder
}

async function run(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const command = new URL('../src/command.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [command, ...args], { cwd, env: { ...process.env, CI: '', ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)))
  return { code, stdout, stderr }
}

const sheetOf = async (folder: string): Promise<{ providers: readonly Record<string, unknown>[] }> =>
  JSON.parse(await readFile(join(folder, 'sheet.json'), 'utf8'))

test('in a workspace every harness module is found, the main one first', async () => {
  const folder = await workspace({
    'harness-b.ts': harness('b'),
    'harness.ts': harness('main'),
    'harness-a.ts': harness('a'),
    'other.ts': 'throw new Error()',
  })
  expect(await run(folder, ['--sheet', 'sheet.json'])).toMatchObject({ code: 0, stderr: '' })
  const { providers } = await sheetOf(folder)
  expect(providers.map(({ backend }) => backend)).toEqual(['main', 'a', 'b'])
})

test('a sheet as JSON has every capability, and what the log shows', async () => {
  const folder = await workspace({ 'harness.ts': harness('main', "log: 'who asked'") })
  await run(folder, ['--sheet', 'sheet.json'])
  expect((await sheetOf(folder)).providers).toMatchObject([
    { provider: 'memory', log: 'who asked', capabilities: { contextBinding: 'native-map', maxBatchKeys: 1 } },
  ])
})

test('a sheet as Markdown has a row for each set of algorithms', async () => {
  const digest = `import { memoryHarness } from '${memory}'\nexport const harness = memoryHarness({ binding: 'native-bytes' })`
  const folder = await workspace({
    'harness.ts': harness('main'),
    'harness-digest.ts': digest,
    'harness-same.ts': harness('same'),
  })
  await run(folder, ['--sheet', 'sheet.md'])
  const rows = (await readFile(join(folder, 'sheet.md'), 'utf8')).trim().split('\n').slice(2)
  expect(rows.map((row) => row.split(' | ').slice(0, 3))).toEqual([
    ['| memory', '`memory.map`', 'yes, as a map'],
    ['| memory', '`memory.bytes`', 'yes, as a digest'],
  ])
})

test('a sheet takes the place of the table between the marks of a document', async () => {
  const folder = await workspace({ 'harness.ts': harness('main') })
  const [begin, end] = ['<!-- capability-sheet:begin -->', '<!-- capability-sheet:end -->']
  await writeFile(join(folder, 'doc.md'), `# Title\n\n${begin}\noutdated\n${end}\n\nThe end.\n`)
  for (const _ of ['once', 'again']) await run(folder, ['--sheet', 'doc.md'])
  const text = await readFile(join(folder, 'doc.md'), 'utf8')
  expect(text).toMatch(/^# Title\n\n<!--.*-->\n\n\| Key manager .*\n\n<!--.*-->\n\nThe end\.\n$/s)
  expect(text).not.toContain('outdated')
})

test.each([
  ['', 0],
  ['true', 1],
])(
  'a module whose backend is missing is passed by with one line, and under CI=%s ends with %i',
  async (CI, code) => {
    const folder = await workspace({ 'harness.ts': harness('main'), 'harness-far.ts': missing })
    const ended = await run(folder, ['--sheet', 'sheet.json'], { CI })
    expect(ended.code).toBe(code)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended.stderr).toContain('needs a thing: get it')
    expect((await sheetOf(folder)).providers).toHaveLength(1)
  },
)

test('a harness that cannot begin is told by the class of its error, and the others are run', async () => {
  const thrown = "prepare: () => Promise.reject(Object.assign(new TypeError('token=secret'), { code: 'E1' }))"
  const folder = await workspace({ 'harness.ts': harness('main', thrown), 'harness-b.ts': harness('b') })
  const { code, stderr } = await run(folder, ['--sheet', 'sheet.json'])
  expect([code, stderr.trim()]).toEqual([1, 'memory on main: not run, TypeError (E1)'])
  expect((await sheetOf(folder)).providers).toHaveLength(1)
})

test('a harness that leaves something open does not keep the command from ending', async () => {
  const folder = await workspace({ 'harness.ts': `setInterval(() => {}, 1000)\n${harness('main')}` })
  expect((await run(folder, ['--json', 'report.json'])).code).toBe(0)
  const { providers } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))
  expect(providers[0].cases.length).toBeGreaterThanOrEqual(60)
})

test('where there is nothing to run the command ends with 2', async () => {
  const folder = await workspace({ 'harness.ts': harness('main') })
  expect((await run(folder, ['--provider', 'other'])).code).toBe(2)
  expect((await run(tmpdir(), [])).code).toBe(2)
})
