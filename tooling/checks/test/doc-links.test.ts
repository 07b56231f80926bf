import { expect, test } from 'vitest'
import { docLinks } from '../src/doc-links.ts'
import { treeOf } from '../src/tree.ts'

const check = (text: string): string[] =>
  docLinks.check(treeOf({ 'docs/a.md': `# The title, here\n\n${text}\n`, 'docs/b.md': '# B\n' }))

test('a link to a file that is not there is refused with its line', () => {
  expect(check('[c](c.md)')).toEqual(['docs/a.md:3: c.md leads nowhere'])
})

test('a link to a heading that is not there is refused', () => {
  expect(check('[b](b.md#c)')).toEqual(['docs/a.md:3: b.md#c leads nowhere'])
})

test('links to files, to headings and to other sites pass', () => {
  expect(check('[b](b.md) [b](../docs/b.md#b) [here](#the-title-here) [far](https://c2sp.org/x)')).toEqual([])
})
