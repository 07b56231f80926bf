import { type Inspection, inspect, limits } from '@keywright/core'
import { plaintextSize } from '@keywright/core/engine'

/** Longest header of any layout: three blocks of the largest size. */
export const maxHeaderBytes: number = 3 * limits.blockBytes * 2 ** limits.blockShift

/** What an envelope says of itself, with its size. */
export interface SizedInspection extends Inspection {
  readonly fileBytes: number
}

/**
 * Inspects an envelope of which only the start is in memory.
 *
 * @param start at least the header
 * @param fileBytes size of the whole
 * @throws KeywrightError the codes of `inspect`
 */
export async function inspectStart(start: Uint8Array, fileBytes: number): Promise<SizedInspection> {
  const seen = await inspect(start)
  const bodyBytes = fileBytes - (seen.headerBytes ?? 0)
  return { ...seen, fileBytes, plaintextBytes: seen.layout === 'detached' ? undefined : bodySize(bodyBytes) }
}

function bodySize(bodyBytes: number): number | undefined {
  try {
    return plaintextSize(bodyBytes)
  } catch {
    // Of no size that a body can have: `open` says why, `inspect` only leaves it out.
    return undefined
  }
}
