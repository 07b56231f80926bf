import { conformanceCases } from './cases/all-cases.ts'
import { ConformanceFailure } from './expectation.ts'
import type { ConformanceHarness } from './harness.ts'
import { runCase } from './run-case.ts'

/** What a test runner passes to a test: vitest's context and node:test's both fit. */
export interface TestContext {
  readonly skip: (reason?: string) => unknown
}

/** A case ready to be given to a test runner. */
export interface RunnableCase {
  readonly id: string
  /** The id and what the case proves. */
  readonly title: string
  /** Rejects when the provider fails the case; a skip is reported to the runner with its reason, never as a pass. */
  readonly run: (context?: TestContext) => Promise<void>
}

/**
 * The suite as tests, for any runner:
 * `for (const { title, run } of defineConformance(harness)) test(title, run)`.
 *
 * @param harness the provider's harness
 * @returns every case, in the order of the report
 */
export function defineConformance(harness: ConformanceHarness): readonly RunnableCase[] {
  return conformanceCases.map((conformanceCase) => ({
    id: conformanceCase.id,
    title: `${conformanceCase.id}: ${conformanceCase.proves}`,
    run: async (context) => {
      const { result, reason } = await runCase(conformanceCase, harness)
      if (result === 'pass') return
      if (result === 'fail') throw new ConformanceFailure(reason)
      if (context === undefined) throw new ConformanceFailure(`skipped, not passed: ${reason}`)
      context.skip(reason)
    },
  }))
}
