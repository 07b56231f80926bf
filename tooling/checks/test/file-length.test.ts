import { expect, test } from 'vitest'
import { fileLength } from '../src/file-length.ts'
import { treeOf } from '../src/tree.ts'

test('a source file of 351 lines is refused', () => {
  expect(fileLength.check(treeOf({ 'packages/a/src/long.ts': 'x\n'.repeat(351) }))).toHaveLength(1)
})

test('a source file of 350 lines, and a long test, pass', () => {
  const texts = {
    'packages/a/src/full.ts': 'x\n'.repeat(350),
    'packages/a/test/long.test.ts': 'x\n'.repeat(900),
  }
  expect(fileLength.check(treeOf(texts))).toEqual([])
})
