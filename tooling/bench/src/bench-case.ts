import type { Settings } from './measure.ts'

/** us, ms and x: smaller is better for the first two, larger for x and MB/s (10⁶ plaintext bytes a second). */
export type Unit = 'us' | 'MB/s' | 'ms' | 'x'

/** The figures of one case, all in its unit, medians. `ours` is null where the operation is not there. */
export interface CaseResult {
  readonly id: string
  readonly unit: Unit
  readonly ours: number | null
  readonly limit: number
  readonly peers: Readonly<Record<string, number>>
  /** Figures that explain the others; each name ends in its unit. */
  readonly beside?: Readonly<Record<string, number>>
}

/** One line of the table. */
export interface BenchCase {
  readonly id: string
  readonly run: (settings: Settings) => Promise<CaseResult>
}

/** Milliseconds for `bytes` bytes of plaintext, in the unit. */
export function inUnit(unit: 'us' | 'MB/s' | 'ms', ms: number, bytes: number): number {
  if (unit === 'us') return ms * 1_000
  return unit === 'ms' ? ms : bytes / 1_000 / ms
}
