import { expect, test } from 'vitest'
import { type Cell, cells, schemes } from '../src/matrix/variation.ts'

const factors: readonly ((cell: Cell) => string | boolean)[] = [
  ({ variation }) => variation.withheld,
  ({ variation }) => variation.kOfN,
  ({ variation }) => variation.layout,
  ({ variation }) => variation.shared,
]
const combinations = (values: readonly string[]): number => new Set(values).size

test('every ordered pair of the six is there once', () => {
  expect(cells).toHaveLength(36)
  expect(combinations(cells.map(({ from, to }) => `${from} ${to}`))).toBe(36)
  expect(cells.filter(({ letters }) => !/^(-|[wkfs]+)$/.test(letters))).toEqual([])
})

test('every two variations meet in all four combinations', () => {
  for (const [index, one] of factors.entries()) {
    for (const other of factors.slice(index + 1)) {
      expect(combinations(cells.map((cell) => `${one(cell)} ${other(cell)}`))).toBe(4)
    }
  }
})

test('every source and every target meets both values of each variation', () => {
  for (const scheme of schemes) {
    for (const factor of factors) {
      expect(combinations(cells.filter(({ from }) => from === scheme).map((cell) => `${factor(cell)}`))).toBe(
        2,
      )
      expect(combinations(cells.filter(({ to }) => to === scheme).map((cell) => `${factor(cell)}`))).toBe(2)
    }
  }
})
