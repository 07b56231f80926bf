import { expect, test } from 'vitest'
import { manifests } from '../src/manifests.ts'
import { treeOf } from '../src/tree.ts'

const good = {
  name: '@keywright/a',
  license: 'Apache-2.0',
  author: 'The Keywright authors',
  engines: { node: '>=22.12' },
  exports: { '.': './src/index.ts' },
  publishConfig: { access: 'public', exports: { '.': './dist/index.js' } },
  dependencies: { '@keywright/core': 'workspace:*', x: '1.2.3', y: 'catalog:' },
}
const check = (manifest: object): string[] =>
  manifests.check(
    treeOf({
      'packages/a/package.json': JSON.stringify(manifest),
      'packages/a/README.md': '',
      'packages/a/tsconfig.build.json': '{}',
    }),
  )

test('a complete manifest passes', () => {
  expect(check(good)).toEqual([])
})

test('a range of versions is refused', () => {
  expect(check({ ...good, dependencies: { x: '^1.2.3' } })).toHaveLength(1)
})

test('an entry that is not published is refused', () => {
  expect(check({ ...good, exports: { '.': './src/index.ts', './b': './src/b.ts' } })).toHaveLength(1)
})

test('a published package without its author is refused, a private one passes', () => {
  expect(check({ ...good, author: undefined })).toHaveLength(1)
  expect(check({ name: 'a', private: true })).toEqual([])
})
