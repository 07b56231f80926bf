import { mistake } from './mistake.ts'

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
  ['y', 365 * 86_400_000],
])

/**
 * Parses an age such as `90d`.
 *
 * @param text a whole number and one of s, m (minutes), h, d, w, y (365 days)
 * @returns milliseconds
 */
export function parseAge(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdwy])$/.exec(text) ?? []
  const unitMs = unitsMs.get(unit)
  if (unitMs === undefined) {
    throw mistake(
      '--older-than',
      '--older-than takes a number with s, m (minutes), h, d, w or y, such as 90d',
    )
  }
  return Number(count) * unitMs
}
