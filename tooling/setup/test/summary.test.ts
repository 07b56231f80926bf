import { expect, test } from 'vitest'
import type { SuiteResult } from '../src/suite-reporter.ts'
import { joinedSuites, summary, wholeBudgetSeconds } from '../summary.mjs'

const suite = (seconds: number): SuiteResult => ({ name: 'a', seconds, passed: 3, failed: 0, skipped: 0 })

test('a suite within its budget adds its own counts', () => {
  expect(summary([suite(9)], () => 10)).toMatchObject({ passed: 3, failed: 0 })
})

test('a suite over its budget is marked and still passes', () => {
  const { lines, failed } = summary([suite(11)], () => 10)
  expect(lines.at(-1)).toContain('over budget')
  expect(failed).toBe(0)
})

test('a suite over twice its budget is one failure more', () => {
  expect(summary([suite(21)], () => 10).failed).toBe(1)
})

test('a suite without a budget is never over it', () => {
  expect(summary([suite(999)], () => undefined).failed).toBe(0)
})

test('suites of one name are added up', () => {
  const joined = joinedSuites([suite(2), { ...suite(3), failed: 1 }, { ...suite(1), name: 'b' }])
  expect(joined).toEqual([
    { ...suite(5), passed: 6, failed: 1 },
    { ...suite(1), name: 'b' },
  ])
})

test('a run of all within its time adds nothing', () => {
  const { lines, failed } = summary([suite(9)], () => 10, { seconds: 1_200, budgetSeconds: 1_200 })
  expect(failed).toBe(0)
  expect(lines.at(-1)).toBe('1200 s in all, of 1200 s')
})

test('a run of all over its time is one failure more', () => {
  const { lines, failed } = summary([suite(9)], () => 10, { seconds: 1_201, budgetSeconds: 1_200 })
  expect(failed).toBe(1)
  expect(lines.at(-1)).toBe('1201 s in all, of 1200 s: failed')
})

test('a run of a part has no time of its own', () => {
  const { lines, failed } = summary([suite(9)], () => 10, { seconds: 9_999 })
  expect(failed).toBe(0)
  expect(lines.at(-1)).toBe('9999 s in all')
})

test.each([
  ['CI as a whole', { all: true, paths: [] }, 1_200],
  ['some paths in CI', { all: true, paths: ['packages/core'] }, undefined],
  ['the everyday tests', { all: false, paths: [] }, undefined],
])('%s: its budget', (_, choice, budget) => {
  expect(wholeBudgetSeconds(choice)).toBe(budget)
})
