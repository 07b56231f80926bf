import { expect, test } from 'vitest'
import { indexFiles } from '../src/index-files.ts'
import { treeOf } from '../src/tree.ts'

const check = (text: string): string[] => indexFiles.check(treeOf({ 'packages/a/src/index.ts': text }))

test.each(["export * from './a.ts'", "export * as a from './a.ts'", 'export const a = 1', "import './a.ts'"])(
  'an index with %s is refused',
  (text) => {
    expect(check(text)).toHaveLength(1)
  },
)

test('an index of named re-exports passes', () => {
  expect(check("export { a } from './a.ts'\nexport type { B } from './b.ts'\n")).toEqual([])
})
