import type { ByteLines } from './vector.ts'

/** Bytes a base64 line carries: 76 characters. */
const lineBytes = 57
/** Shorter runs of zeros cost less as base64. */
const shortestRun = 64

function zerosFrom(bytes: Uint8Array, start: number): number {
  let end = start
  while (end < bytes.length && bytes[end] === 0) end += 1
  return end - start
}

/**
 * Writes bytes as the lines of a vector file.
 *
 * @param bytes - any number of bytes
 * @returns lines that {@link linesToBytes} turns into the same bytes
 */
export function bytesToLines(bytes: Uint8Array): string[] {
  const lines: string[] = []
  let start = 0
  let at = 0
  const flush = (end: number): void => {
    for (; start < end; start += lineBytes) {
      lines.push(Buffer.from(bytes.subarray(start, Math.min(end, start + lineBytes))).toString('base64'))
    }
    start = end
  }
  while (at < bytes.length) {
    const run = zerosFrom(bytes, at)
    if (run >= shortestRun) {
      flush(at)
      lines.push(`zeros:${run}`)
      start = at + run
    }
    at += Math.max(run, 1)
  }
  flush(bytes.length)
  return lines
}

/**
 * Joins the lines of a vector file.
 *
 * @param lines - each base64 or `zeros:N`
 * @returns the bytes they stand for
 */
export function linesToBytes(lines: ByteLines): Uint8Array {
  const parts = lines.map((line) =>
    line.startsWith('zeros:') ? new Uint8Array(Number(line.slice(6))) : Buffer.from(line, 'base64'),
  )
  return Uint8Array.from(Buffer.concat(parts))
}
