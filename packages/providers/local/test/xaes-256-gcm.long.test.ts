import { expect, test } from 'vitest'
import { accumulate } from './accumulated-vectors.ts'

test('a million random messages hash to the published value', () => {
  expect(accumulate(1_000_000)).toBe('2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15')
})
