import type { ErrorCode } from '@keywright/core'
import type { Outcome } from '../terminal/report.ts'
import { printable } from '../terminal/terminal.ts'
import type { Answer, LockOutProof } from './prove.ts'

/** What a proof comes to. */
export type LockOutStatus = 'locked out' | 'not locked out' | 'not proved' | 'nothing dropped'

const words: Readonly<Record<Answer['result'], string>> = {
  refused: 'refused',
  'still-opens': 'still opens: take its grant away, or disable the key or its version',
  'not-tried': 'not tried',
}

/** What one file shows by itself. */
export function statusOf({ oldSlots, oldBytes, asked }: LockOutProof): LockOutStatus {
  if (oldSlots.length > 0 || oldBytes || asked.some(({ result }) => result === 'still-opens')) {
    return 'not locked out'
  }
  if (asked.length === 0) return 'nothing dropped'
  return asked.every(({ result }) => result === 'refused') ? 'locked out' : 'not proved'
}

/** Other files with its data key that the old keys are not locked out of: through those they open this one. */
export function openedThrough(proof: LockOutProof, all: readonly LockOutProof[]): readonly string[] {
  if (proof.dekUse === 'single') return []
  const others = all.filter(({ path, keyCheck }) => path !== proof.path && keyCheck === proof.keyCheck)
  return others.filter((other) => statusOf(other) === 'not locked out').map(({ path }) => path)
}

/** A proof for people and for `--json`, and the codes of what is wrong. */
export function told(
  proof: LockOutProof,
  all: readonly LockOutProof[],
): { readonly outcome: Outcome; readonly failures: readonly ErrorCode[] } {
  const through = openedThrough(proof, all)
  const status = through.length > 0 ? 'not locked out' : statusOf(proof)
  const { path, oldSlots, oldBytes, asked, dekUse, keyCheck } = proof
  const output = [`${printable(path)}: ${status}`]
  for (const slot of oldSlots) output.push(`  key table  has a slot of ${printable(slot)}: rewrap it`)
  if (oldBytes) output.push('  bytes      an old wrapped key stands in the file: rewrap it, or reseal it')
  for (const other of through) output.push(`  shared     its data key opens by ${printable(other)}`)
  if (oldSlots.length === 0 && !oldBytes) output.push('  no old slot and no old wrapped key in the file')
  for (const { key, keyVersion, result, code } of asked) {
    const why = code === undefined ? '' : ` (${code})`
    output.push(`  asked      ${printable(`${key} ${keyVersion}`.trim())}: ${words[result]}${why}`)
  }
  if (dekUse === 'shared')
    output.push(`  this data key is shared: ask of all envelopes with key check ${keyCheck}`)
  return {
    outcome: { document: { ...proof, status, openedThrough: through }, output },
    failures: failuresOf(status, asked),
  }
}

function failuresOf(status: LockOutStatus, asked: readonly Answer[]): readonly ErrorCode[] {
  if (status === 'not locked out') return ['policy-mismatch']
  if (status !== 'not proved') return []
  return asked.flatMap(({ result, code }) => (result === 'not-tried' ? [code ?? 'no-matching-key'] : []))
}
