import { expect, test } from 'vitest'
import { imports } from '../src/imports.ts'
import { treeOf } from '../src/tree.ts'

const manifests = Object.fromEntries(
  [
    'packages/core',
    'packages/vectors',
    'packages/files',
    'packages/resilience',
    'packages/providers/one',
    'apps/cli',
    'tooling/bench',
  ].map((folder) => [`${folder}/package.json`, '{}']),
)
const check = (path: string, text: string): string[] => imports.check(treeOf({ ...manifests, [path]: text }))

test.each([
  ['core imports a package of ours', 'packages/core/src/a.ts', "import { x } from '@keywright/files'"],
  ['a provider imports another', 'packages/providers/one/src/a.ts', "import { x } from '@keywright/local'"],
  ['a policy imports a provider', 'packages/resilience/src/a.ts', "import { x } from '@keywright/local'"],
  ['files import a policy', 'packages/files/src/a.ts', "import { x } from '@keywright/resilience'"],
  ['something imports an app', 'tooling/bench/src/a.ts', "await import('keywright')"],
  ['an app imports tooling', 'apps/cli/src/a.ts', "import '@keywright/tooling-bench'"],
  ['a generator imports core', 'packages/vectors/generate/a.ts', "export { x } from '@keywright/core'"],
  [
    'a relative import leaves its package',
    'packages/core/test/a.ts',
    "import { x } from '../../vectors/src/a.ts'",
  ],
])('refused: %s', (_title, path, text) => {
  expect(check(path, text)).toHaveLength(1)
})

test.each([
  ['a provider imports core', 'packages/providers/one/src/a.ts', "import { x } from '@keywright/core'"],
  [
    'a provider imports a policy',
    'packages/providers/one/src/a.ts',
    "import { x } from '@keywright/resilience'",
  ],
  ['an app imports what is public', 'apps/cli/src/a.ts', "import { x } from '@keywright/files'"],
  [
    'a test of core imports vectors',
    'packages/core/test/a.test.ts',
    "import { x } from '@keywright/vectors'",
  ],
  ['a file imports its neighbour', 'packages/core/src/b/a.ts', "import { x } from '../c.ts'"],
  ['an outside library', 'packages/core/src/a.ts', "import { x } from 'cborg'"],
])('passes: %s', (_title, path, text) => {
  expect(check(path, text)).toEqual([])
})
