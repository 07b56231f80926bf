import { type AssociatedData as Given, type HexOrRun, runBytes } from '@keywright/vectors'
import type { AssociatedData } from '../src/index.ts'

/** Bytes of hexadecimal text. */
export function hexBytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** Bytes of a vector's hexadecimal text or run. */
export function runOrHex(value: HexOrRun): Uint8Array {
  return runBytes(value)
}

/** Associated data as a caller of ours gives it. */
export function givenAssociatedData(given: Given): AssociatedData | undefined {
  if (given.type === 'absent') return undefined
  if (given.type === 'bytes') return runOrHex(given.hex)
  return given.type === 'text' ? given.text : given.map
}
