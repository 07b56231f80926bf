import type { SuiteResult } from './src/suite-reporter.ts'

export const defaultBudgetSeconds: number
export function joinedSuites(suites: readonly SuiteResult[]): SuiteResult[]
export function summary(
  suites: readonly SuiteResult[],
  budgetOf: (name: string) => number | undefined,
): { lines: string[]; passed: number; failed: number }
