import { expect, test } from 'vitest'
import { suppressions } from '../src/suppressions.ts'
import { treeOf } from '../src/tree.ts'

test('a suppressed type error in a source file is refused', () => {
  expect(suppressions.check(treeOf({ 'packages/a/src/a.ts': '// @ts-expect-error\n' }))).toHaveLength(1)
})

test('a suppressed type error in a test passes', () => {
  expect(suppressions.check(treeOf({ 'packages/a/test/a.test.ts': '// @ts-expect-error\n' }))).toEqual([])
})

test.each(["test.skip('x')", "it.todo('x')", "test('x', { retry: 3 })", 'context.skip()'])(
  'a test with %s is refused',
  (text) => {
    expect(suppressions.check(treeOf({ 'packages/a/test/a.test.ts': text }))).toHaveLength(1)
  },
)

test('a method that is named skip passes', () => {
  expect(suppressions.check(treeOf({ 'packages/a/test/a.test.ts': 'reader.skip(3)' }))).toEqual([])
})
