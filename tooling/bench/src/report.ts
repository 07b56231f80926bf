import { inspect } from 'node:util'
import type { CaseResult } from './bench-case.ts'
import { targets } from './targets.ts'

const names = ['esdk-default', 'esdk-unsigned', 'age'] as const

function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

/** How many times better ours is than `theirs`, whichever way the unit runs. */
function times(result: CaseResult, theirs: number): string {
  if (result.ours === null) return ''
  const larger = result.unit === 'MB/s' || result.unit === 'x'
  return `${figure(larger ? result.ours / theirs : theirs / result.ours)}×`
}

/** Titles of the columns of {@link cells}. */
export const titles: readonly string[] = [
  ...['case', 'unit', 'ours', 'limit', 'of limit'],
  ...names.flatMap((name) => [name, 'ours is']),
]

/** The heading of the table. */
export function heading(): string {
  return line(titles)
}

/** One case as cells: ours, the limit, ours as a share of the limit's speed, each peer and how many times faster ours is. */
export function cells(result: CaseResult): readonly string[] {
  const { ours, limit, unit } = result
  const larger = unit === 'MB/s' || unit === 'x'
  const share = ours === null ? '' : `${Math.round(100 * (larger ? ours / limit : limit / ours))} %`
  const peers = names.flatMap((name) => {
    const theirs = result.peers[name]
    return theirs === undefined ? ['', ''] : [figure(theirs), times(result, theirs)]
  })
  return [result.id, unit, figure(ours), figure(limit), share, ...peers]
}

/** One case as a line. */
export function row(result: CaseResult): string {
  return line(cells(result))
}

function line(texts: readonly string[]): string {
  return texts
    .map((cell, index) => (index < 2 ? cell.padEnd(index === 0 ? 20 : 4) : cell.padStart(index < 5 ? 8 : 13)))
    .join(' ')
    .trimEnd()
}

/** The figures beside the cases, then every target with the figure reached. */
export function summary(results: readonly CaseResult[]): string {
  const lines = besideLines(results)
  lines.push('', 'Targets')
  for (const { id, text, verdict, reached } of judgements(results)) {
    lines.push(`  ${id.padEnd(20)} ${text.padEnd(46)} ${verdict.padEnd(12)} ${reached}`)
  }
  return lines.join('\n')
}

/** The figures beside each case that has any, a line each. */
export function besideLines(results: readonly CaseResult[]): string[] {
  return results.flatMap(({ id, beside }) => {
    const shown = Object.entries(beside ?? {}).filter(([name]) => name !== 'esdk-unsigned-frame-bytes')
    return shown.length > 0 ? [`${id}: ${shown.map(([n, v]) => `${n} ${figure(v)}`).join(', ')}`] : []
  })
}

/** Every target that these results have a figure for. */
export function judgements(
  results: readonly CaseResult[],
): readonly { id: string; text: string; verdict: string; reached: string }[] {
  return targets.flatMap((target) => {
    const result = results.find(({ id }) => id === target.id)
    const judged = result === undefined ? undefined : target.judge(result)
    if (judged === undefined) return []
    const verdict = judged.reached ? 'reached' : 'not reached'
    return [{ id: target.id, text: target.text, verdict, reached: judged.figure }]
  })
}

/** What went wrong in a case, on one line. */
export function failure(id: string, error: unknown): string {
  return `${id.padEnd(20)} failed: ${error instanceof Error ? error.message : inspect(error)}`
}
