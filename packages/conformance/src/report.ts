import type { Capabilities } from '@keywright/core'
import { conformanceCases } from './cases/all-cases.ts'
import type { ConformanceHarness } from './harness.ts'
import { type CaseResult, runCase } from './run-case.ts'

/** What one provider did on one backend. */
export interface ProviderReport {
  readonly provider: string
  /** Name and version. */
  readonly backend: string
  readonly cases: readonly CaseResult[]
}

/** The whole report, as `--json` writes it. */
export interface ConformanceReport {
  readonly providers: readonly ProviderReport[]
}

/**
 * Runs every case, one after the other: some look at what the process prints, and none may see another's traffic.
 *
 * @param harness the provider's harness
 * @param onResult called after each case
 */
export async function runConformance(
  harness: ConformanceHarness,
  onResult: (result: CaseResult) => void = () => {},
): Promise<ProviderReport> {
  const cases: CaseResult[] = []
  for (const conformanceCase of conformanceCases) {
    const result = await runCase(conformanceCase, harness)
    cases.push(result)
    onResult(result)
  }
  return { provider: harness.provider, backend: harness.backend, cases }
}

/** What the provider declares, read from a fresh key. */
export async function readCapabilities(harness: ConformanceHarness): Promise<Capabilities> {
  const stage = await harness.prepare()
  const kek = stage.first()
  try {
    return (await kek.connect()).capabilities
  } finally {
    await kek.close()
    await stage.close?.()
  }
}

/** The capabilities as lines of text, one field a line. */
export function capabilitySheet(capabilities: Capabilities): string {
  const rows = Object.entries(capabilities)
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows
    .map(([name, value]) => `  ${name.padEnd(width)}  ${Array.isArray(value) ? value.join(', ') : value}`)
    .join('\n')
}

/** The results as lines of text; the reason stands beside everything that did not pass. */
export function resultTable(cases: readonly CaseResult[]): string {
  const width = Math.max(...cases.map(({ id }) => id.length))
  return cases
    .map(({ id, result, reason }) => `  ${result}  ${id.padEnd(width)}  ${reason}`.trimEnd())
    .join('\n')
}

/** How many passed, failed and were skipped, as one line. */
export function resultCount(cases: readonly CaseResult[]): string {
  const count = (result: CaseResult['result']): number => cases.filter((one) => one.result === result).length
  return `${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped, of ${cases.length}`
}
