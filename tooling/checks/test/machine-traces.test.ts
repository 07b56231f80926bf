import { expect, test } from 'vitest'
import { machineTraces } from '../src/machine-traces.ts'
import { treeOf } from '../src/tree.ts'

test.each(['/home/someone/x', 'C:\\Users\\someone', 'https://registry.npmjs.org/a'])(
  '%s is refused',
  (text) => {
    expect(machineTraces.check(treeOf({ 'docs/a.md': `see ${text}` }))).toHaveLength(1)
  },
)

test('a lock file with the address of an archive is refused', () => {
  const text = 'resolution: {tarball: https://example.org/a.tgz}'
  expect(machineTraces.check(treeOf({ 'pnpm-lock.yaml': text }))).toHaveLength(1)
})

test('paths from the home folder or the root of the workspace pass', () => {
  expect(machineTraces.check(treeOf({ 'docs/a.md': '~/work/a and packages/work/b and /tmp' }))).toEqual([])
})
