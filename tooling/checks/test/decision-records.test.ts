import { expect, test } from 'vitest'
import { decisionRecords } from '../src/decision-records.ts'
import { treeOf } from '../src/tree.ts'

test('two records with one number are refused', () => {
  const texts = { 'decisions/0001-a.md': '# A', 'decisions/0001-b.md': '# B' }
  expect(decisionRecords.check(treeOf(texts))).toHaveLength(1)
})

test('a record without number or heading is refused', () => {
  expect(decisionRecords.check(treeOf({ 'decisions/a.md': '# A', 'decisions/0002-b.md': 'B' }))).toHaveLength(
    2,
  )
})

test('records with a number each pass', () => {
  expect(
    decisionRecords.check(treeOf({ 'decisions/0001-a.md': '# A', 'decisions/0020-b.md': '# B' })),
  ).toEqual([])
})
