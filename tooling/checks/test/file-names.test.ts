import { expect, test } from 'vitest'
import { fileNames } from '../src/file-names.ts'
import { treeOf } from '../src/tree.ts'

test.each(['packages/a/src/utils.ts', 'packages/a/src/types.ts', 'packages/a/src/helpers/x.ts'])(
  '%s is refused: its name says nothing',
  (path) => {
    expect(fileNames.check(treeOf({ [path]: '' }))).toHaveLength(1)
  },
)

test('a name that is not in kebab-case is refused', () => {
  expect(fileNames.check(treeOf({ 'packages/a/src/keyRing.ts': '' }))).toHaveLength(1)
})

test('a file named after the one thing in it passes', () => {
  expect(fileNames.check(treeOf({ 'packages/a/test/key-ring.ci.test.ts': '' }))).toEqual([])
})
