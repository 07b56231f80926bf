import type { ReceiptLine } from './receipt-lines.ts'

/** Limits of the envelope format. */
const [slotsLimit, textLimit, wrappedLimit, pairsLimit] = [32, 2_400, 10_924, 16]

/** An object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a document has all that a proof needs, each part within the limits of the format. */
export function isReceiptLine(
  value: Record<string, unknown>,
): value is Record<string, unknown> & ReceiptLine {
  const { path, context, withheldNames, threshold, receipt } = value
  return (
    typeof path === 'string' &&
    isRecord(context) &&
    Object.keys(context).length <= pairsLimit &&
    Object.values(context).every(isText) &&
    isListOf(withheldNames, pairsLimit, isText) &&
    Number.isInteger(threshold) &&
    isRecord(receipt) &&
    isText(receipt['keyCheck']) &&
    (receipt['dekUse'] === 'single' || receipt['dekUse'] === 'shared') &&
    isListOf(receipt['added'], slotsLimit, isSlot) &&
    isListOf(receipt['dropped'], slotsLimit, isSlot)
  )
}

function isListOf(value: unknown, limit: number, is: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= limit && value.every(is)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= textLimit
}

function isSlot(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { key, keyVersion, algorithm, wrapped } = value
  const isWrapped =
    typeof wrapped === 'string' && wrapped.length <= wrappedLimit && /^[A-Za-z0-9+/]+={0,2}$/.test(wrapped)
  return isText(key) && isText(keyVersion) && isText(algorithm) && isWrapped
}
