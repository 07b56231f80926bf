import type { SuiteResult } from './src/suite-reporter.ts'

export const defaultBudgetSeconds: number
export function wholeBudgetSeconds(choice: {
  readonly all: boolean
  readonly paths: readonly string[]
}): number | undefined
export function joinedSuites(suites: readonly SuiteResult[]): SuiteResult[]
export function summary(
  suites: readonly SuiteResult[],
  budgetOf: (name: string) => number | undefined,
  whole?: { readonly seconds: number; readonly budgetSeconds?: number | undefined },
): { lines: string[]; passed: number; failed: number }
