// The last lines of a test run: each suite's time against its budget, and the sum.

/** Seconds that a suite may take when its package.json states no `keywright.testBudgetSeconds`. */
export const defaultBudgetSeconds = 10

/** Seconds that the whole of CI may take, on two cores. */
const ciSeconds = 1_200

/**
 * What a run as a whole may take.
 * @param {{ all: boolean, paths: readonly string[] }} choice of tests
 * @returns {number | undefined} seconds; undefined for a part of them
 */
export function wholeBudgetSeconds({ all, paths }) {
  return all && paths.length === 0 ? ciSeconds : undefined
}

/**
 * Adds up suites of the same name, whose files ran at different times.
 * @param {{ name: string, seconds: number, passed: number, failed: number, skipped: number }[]} suites
 */
export function joinedSuites(suites) {
  const joined = new Map()
  for (const suite of suites) {
    const sum = joined.get(suite.name) ?? { name: suite.name, seconds: 0, passed: 0, failed: 0, skipped: 0 }
    for (const field of ['seconds', 'passed', 'failed', 'skipped']) sum[field] += suite[field]
    joined.set(suite.name, sum)
  }
  return [...joined.values()]
}

/**
 * @param {{ name: string, seconds: number, passed: number, failed: number, skipped: number }[]} suites
 * @param {(name: string) => number | undefined} budgetOf seconds; undefined where no budget applies.
 * @param {{ seconds: number, budgetSeconds?: number | undefined }} [whole] the run with set-up and all: its last line.
 * @returns {{ lines: string[], passed: number, failed: number }} a suite that took over twice its budget adds a failure,
 * and so does a run that took longer than its own.
 */
export function summary(suites, budgetOf, whole) {
  const width = Math.max(5, ...suites.map((suite) => suite.name.length))
  const lines = [`${'suite'.padEnd(width)}  passed  failed     used   budget`]
  let passed = 0
  let failed = 0
  for (const suite of suites) {
    const budget = budgetOf(suite.name)
    const over = budget !== undefined && suite.seconds > budget
    const wayOver = over && suite.seconds > 2 * budget
    passed += suite.passed
    failed += suite.failed + (wayOver ? 1 : 0)
    const skipped = suite.skipped > 0 ? `  ${suite.skipped} skipped` : ''
    const verdict = wayOver ? '  over twice the budget: failed' : over ? '  over budget' : ''
    const counts = `${String(suite.passed).padStart(6)}  ${String(suite.failed).padStart(6)}`
    const used = `${suite.seconds.toFixed(1)} s`.padStart(7)
    const allowed = (budget === undefined ? '' : `${budget} s`).padStart(7)
    lines.push(`${suite.name.padEnd(width)}  ${counts}  ${used}  ${allowed}${verdict}${skipped}`)
  }
  if (whole !== undefined) {
    const { seconds, budgetSeconds } = whole
    const late = budgetSeconds !== undefined && seconds > budgetSeconds
    const of = budgetSeconds === undefined ? '' : `, of ${budgetSeconds} s`
    lines.push(`${seconds.toFixed(0)} s in all${of}${late ? ': failed' : ''}`)
    if (late) failed++
  }
  return { lines, passed, failed }
}
