import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** What one suite, the tests of one package, took and gave. */
export type SuiteResult = { name: string; seconds: number; passed: number; failed: number; skipped: number }

/**
 * Adds test modules up by suite. A module's time is all that it occupied a worker for: preparing, importing, running.
 * A module that fails before its first test, or a failing hook, counts as one failed test. A skipped test is
 * neither: it is counted apart, so that nobody takes it for a pass.
 */
export function suiteResults(modules: readonly TestModule[]): SuiteResult[] {
  const suites = new Map<string, SuiteResult>()
  for (const module of modules) {
    const name = module.project.name
    const suite = suites.get(name) ?? { name, seconds: 0, passed: 0, failed: 0, skipped: 0 }
    suites.set(name, suite)
    const times = module.diagnostic()
    const ms = times.environmentSetupDuration + times.prepareDuration + times.collectDuration
    suite.seconds += (ms + times.setupDuration + times.duration) / 1000
    let failed = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') suite.passed++
      else if (state === 'skipped') suite.skipped++
      else failed++
    }
    suite.failed += failed === 0 && module.state() === 'failed' ? 1 : failed
  }
  return [...suites.values()].sort((a, b) => a.name.localeCompare(b.name))
}

/** Writes the results of every suite to the file that KEYWRIGHT_SUITES names, for the runner's last lines. */
export class SuiteReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env['KEYWRIGHT_SUITES']
    if (file !== undefined) writeFileSync(file, JSON.stringify(suiteResults(modules)))
  }
}
