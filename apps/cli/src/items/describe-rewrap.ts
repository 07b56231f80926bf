import type { Inspection, RewrapReceipt } from '@keywright/core'
import type { RewrappedFile } from '@keywright/files'
import { printable } from '../terminal/terminal.ts'

type SlotRecord = RewrapReceipt['added'][number]

const levels: Readonly<Record<RewrapReceipt['checked'], string>> = {
  commitment: "the key opens this content (the body's commitment was checked)",
  'key-check': "the key is the one the header names (its key check; the body's commitment was not tried)",
  'share-check': 'this share of the key is right (its share check); the other shares were not tried',
  none: 'nothing was unwrapped, and so nothing was proved',
}

/** The `--json` document of a rewrap: what happened, the receipt, and what the old key is asked with beside it. */
export function rewrapDocument(
  path: string,
  { context, withheldNames, threshold }: Pick<Inspection, 'context' | 'withheldNames' | 'threshold'>,
  rewrapped: RewrappedFile,
  dryRun: boolean,
): Record<string, unknown> {
  const { receipt, generation, version, written, wasUnfinished } = rewrapped
  const { outcome } = receipt
  const status = outcome === 'unchanged' ? 'unchanged' : dryRun ? 'would change' : 'rewrapped'
  const state = { written, wasUnfinished, generation, version }
  return { path, status, outcome, dryRun, ...state, context, withheldNames, threshold, receipt }
}

/** A rewrap for people. */
export function describeRewrap(path: string, rewrapped: RewrappedFile, dryRun: boolean): readonly string[] {
  const { receipt, wasUnfinished, written } = rewrapped
  const { outcome, checked, added, dropped, kept, dekUse } = receipt
  const lines = [`${printable(path)}: ${headline(receipt, dryRun)}`]
  for (const slot of added) lines.push(`  ${dryRun ? 'would add' : 'added'}    ${slotName(slot)}`)
  for (const slot of dropped) lines.push(`  ${dryRun ? 'would drop' : 'dropped'}  ${slotName(slot)}`)
  for (const slot of kept) lines.push(`  kept     ${slotName(slot)}`)
  if (wasUnfinished && written)
    lines.push('  an earlier rewrap had been cut short: finished, no old wrapped key is left')
  if (outcome === 'verified') lines.push(`  proved   ${levels[checked]}`)
  if (outcome === 'pending')
    lines.push('  pending  the new slot was not opened yet: --finish verifies it and drops the old one')
  if (dropped.length > 0)
    lines.push(
      '  not tried: whether the old key itself still unwraps copies of its old slots: keywright lock-out asks it',
    )
  if (dekUse === 'shared')
    lines.push('  this data key is shared: other envelopes with its key check have the old slots still')
  return lines
}

function headline({ outcome }: RewrapReceipt, dryRun: boolean): string {
  if (outcome === 'unchanged') return 'unchanged, the slots are as wanted already'
  if (dryRun) return 'nothing written (--dry-run)'
  return outcome === 'verified'
    ? 'rewrapped, and the new slots verified'
    : 'rewrapped, the new slots not verified yet'
}

function slotName({ key, keyVersion }: SlotRecord): string {
  return printable(keyVersion === '' ? key : `${key} version ${keyVersion}`)
}
