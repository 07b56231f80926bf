import { expect, test } from 'vitest'
import { publicNamesCheck } from '../src/public-names.ts'
import { treeOf } from '../src/tree.ts'

const check = (index: string, text: string, name = '@keywright/a'): string[] =>
  publicNamesCheck.check(
    treeOf({
      'packages/a/package.json': JSON.stringify({ name, exports: { '.': './src/index.ts' } }),
      'packages/a/src/index.ts': index,
      'packages/a/src/seal.ts': text,
    }),
  )

test('a public name without a doc comment is refused', () => {
  expect(check("export { seal } from './seal.ts'", 'export const seal = 1')).toHaveLength(1)
})

test('a public name with a doc comment passes, under another name too', () => {
  expect(check("export { seal as close } from './seal.ts'", '/** Seals. */\nexport const seal = 1')).toEqual(
    [],
  )
})

test('a name that is not public needs no comment', () => {
  expect(check('', 'export const seal = 1')).toEqual([])
})

test('a name that its file does not declare is refused', () => {
  expect(check("export { open } from './seal.ts'", '/** Seals. */\nexport const seal = 1')).toHaveLength(1)
})

test('core with 46 names is refused', () => {
  const names = Array.from({ length: 46 }, (_, index) => `n${index}`)
  const text = names.map((name) => `/** A name. */\nexport const ${name} = 1`).join('\n')
  const index = `export { ${names.join(', ')} } from './seal.ts'`
  expect(check(index, text, '@keywright/core')).toHaveLength(1)
  expect(check(index, text)).toEqual([])
})
