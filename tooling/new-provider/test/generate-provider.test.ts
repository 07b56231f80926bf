import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ConformanceReport } from '@keywright/conformance'
import { expect, onTestFinished, test } from 'vitest'
import { GenerateError, generateProvider } from '../src/generate-provider.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '../../..')

/** A root with nothing but what the workspace gives a provider. */
async function temporaryRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'keywright-new-provider-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await copyFile(join(repository, 'tsconfig.base.json'), join(root, 'tsconfig.base.json'))
  await symlink(join(import.meta.dirname, '../node_modules'), join(root, 'node_modules'))
  return root
}

test('a generated provider touches at most 15 files, 3 of them outside its folder, 2 of them configuration', async () => {
  const files = await generateProvider({ root: await temporaryRoot(), name: 'acme-kms' })
  expect(files.length).toBeLessThanOrEqual(15)
  expect(files.filter((path) => !path.startsWith('packages/providers/acme-kms/')).length).toBeLessThanOrEqual(
    3,
  )
  expect(files.filter((path) => path.endsWith('.json')).length).toBeLessThanOrEqual(2)
})

test('a generated harness has at most 40 lines, and no source more than 200', async () => {
  const root = await temporaryRoot()
  for (const path of await generateProvider({ root, name: 'acme-kms' })) {
    const lines = (await readFile(join(root, path), 'utf8')).split('\n').length - 1
    expect(lines).toBeLessThanOrEqual(path.endsWith('harness.ts') ? 40 : 200)
  }
})

test('a generated provider passes the type checker', async () => {
  const root = await temporaryRoot()
  await generateProvider({ root, name: 'acme-kms' })
  const tsconfig = {
    extends: './tsconfig.base.json',
    compilerOptions: { composite: false, noEmit: true },
    include: ['packages'],
  }
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify(tsconfig))
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', root])
})

test('a generated provider passes the suite, 40 cases and more', async () => {
  const root = await temporaryRoot()
  await generateProvider({ root, name: 'acme-kms', packageName: '@acme/kms' })
  const report = join(root, 'report.json')
  const command = join(repository, 'packages/conformance/src/command.ts')
  const harness = join(root, 'packages/providers/acme-kms/conformance/harness.ts')
  await run(process.execPath, [command, '--module', harness, '--json', report])
  const { providers }: ConformanceReport = JSON.parse(await readFile(report, 'utf8'))
  const cases = providers.flatMap((provider) => provider.cases)
  expect(cases.filter(({ result }) => result === 'fail')).toEqual([])
  expect(cases.filter(({ result }) => result === 'pass').length).toBeGreaterThanOrEqual(40)
})

test('a folder that exists is left alone', async () => {
  const root = await temporaryRoot()
  await generateProvider({ root, name: 'acme-kms' })
  await expect(generateProvider({ root, name: 'acme-kms' })).rejects.toThrow(GenerateError)
})

test.each(['', 'Acme', '../acme', 'acme--kms', '-acme', 'acme/kms', 'a'.repeat(41)])(
  'the name %j is refused',
  async (name) => {
    await expect(generateProvider({ root: await temporaryRoot(), name })).rejects.toThrow(GenerateError)
  },
)
