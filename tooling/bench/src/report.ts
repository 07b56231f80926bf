import { inspect } from 'node:util'
import type { CaseResult } from './bench-case.ts'
import { targets } from './targets.ts'

const names = ['esdk-default', 'esdk-unsigned', 'age'] as const

function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

/** How many times better ours is than `theirs`, whichever way the unit runs. */
function times(result: CaseResult, theirs: number | undefined): string {
  if (theirs === undefined || result.ours === null) return ''
  const larger = result.unit === 'MB/s' || result.unit === 'x'
  return `${figure(larger ? result.ours / theirs : theirs / result.ours)}×`
}

/** The heading of the table. */
export function heading(): string {
  const titles = ['case', 'unit', 'ours', 'limit', 'of limit', ...names.flatMap((name) => [name, 'ours is'])]
  return line(titles)
}

/** One case as a line: ours, the limit, ours as a share of the limit's speed, each peer and how many times faster ours is. */
export function row(result: CaseResult): string {
  const { ours, limit, unit } = result
  const larger = unit === 'MB/s' || unit === 'x'
  const share = ours === null ? '' : `${((100 * (larger ? ours / limit : limit / ours)) | 0).toString()} %`
  const peers = names.flatMap((name) => [figure(result.peers[name]), times(result, result.peers[name])])
  return line([result.id, unit, figure(ours), figure(limit), share, ...peers])
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index < 2 ? cell.padEnd(index === 0 ? 20 : 4) : cell.padStart(index < 5 ? 8 : 13)))
    .join(' ')
    .trimEnd()
}

/** The figures beside the cases, then every target with the figure reached. */
export function summary(results: readonly CaseResult[]): string {
  const lines: string[] = []
  for (const { id, beside } of results) {
    const shown = Object.entries(beside ?? {}).filter(([name]) => name !== 'esdk-unsigned-frame-bytes')
    if (shown.length > 0) lines.push(`${id}: ${shown.map(([n, v]) => `${n} ${figure(v)}`).join(', ')}`)
  }
  lines.push('', 'Targets')
  for (const target of targets) {
    const result = results.find(({ id }) => id === target.id)
    if (result === undefined) continue
    const judged = target.judge(result)
    const verdict = judged === undefined ? 'no figure' : judged.reached ? 'reached' : 'not reached'
    lines.push(
      `  ${target.id.padEnd(20)} ${target.text.padEnd(46)} ${verdict.padEnd(12)} ${judged?.figure ?? ''}`,
    )
  }
  return lines.join('\n')
}

/** What went wrong in a case, on one line. */
export function failure(id: string, error: unknown): string {
  return `${id.padEnd(20)} failed: ${error instanceof Error ? error.message : inspect(error)}`
}
