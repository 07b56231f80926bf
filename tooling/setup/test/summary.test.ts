import { expect, test } from 'vitest'
import type { SuiteResult } from '../src/suite-reporter.ts'
import { joinedSuites, summary } from '../summary.mjs'

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
