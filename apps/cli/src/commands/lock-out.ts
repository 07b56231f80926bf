import { KeywrightError } from '@keywright/core'
import { Option } from 'commander'
import { mistake } from '../flags/mistake.ts'
import { addPair, addValue } from '../flags/pairs.ts'
import { type GlobalFlags, withKeyFlags } from '../flags/shared-flags.ts'
import { connectOldKeys } from '../lock-out/old-keys.ts'
import { type LockOutProof, proveOne, type Rewraps } from '../lock-out/prove.ts'
import { type ReceiptLine, readReceipts } from '../lock-out/receipt-lines.ts'
import { told } from '../lock-out/tell.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'

interface LockOutFlags extends GlobalFlags {
  readonly from?: readonly string[]
  readonly context?: Readonly<Record<string, string>>
}

/** `keywright lock-out`. */
export const lockOutCommand: DefineCommand = (command, end) => {
  command
    .argument('<path...>', 'receipts: what rewrap --receipts wrote, or rewrap --json printed')
    .addOption(new Option('--from <uri>', 'key that lost its slots (repeatable)').argParser(addValue))
    .addOption(
      new Option(
        '--context <name=value>',
        'the whole context (repeatable): where values were withheld from the files',
      ).argParser(addPair),
    )
  withKeyFlags(command).action(async (paths: string[], flags: LockOutFlags) => {
    end(await inSession(flags, {}, (session) => proveAll(session, paths, flags)))
  })
}

type Lines = [ReceiptLine, ...ReceiptLine[]]

async function proveAll(session: Session, receipts: readonly string[], flags: LockOutFlags): Promise<void> {
  const { report, signal } = session
  const { from, context } = flags
  if (from === undefined) throw mistake('--from', 'name the key that lost its slots: --from URI')
  const keks = await (await session.keys()).keks(from, '--from')
  const { files, failed } = await byFile(receipts)
  const keys = await connectOldKeys(keks, signal)
  const rewraps = sumOf([...files.values()].flat())
  const proofs: LockOutProof[] = []
  for (const [path, lines] of files) {
    signal.throwIfAborted()
    try {
      proofs.push(await proveOne(lines, keys, rewraps, context, signal))
    } catch (error) {
      signal.throwIfAborted()
      report.failure(path, error)
    }
  }
  for (const proof of proofs) {
    const { outcome, failures } = told(proof, proofs)
    report.verdict(outcome, failures)
  }
  for (const path of failed) {
    if (!files.has(path))
      report.failure(
        path,
        new KeywrightError('policy-mismatch', 'its rewrap failed: rewrap it', { field: '--from' }),
      )
  }
}

async function byFile(
  receipts: readonly string[],
): Promise<{ readonly files: ReadonlyMap<string, Lines>; readonly failed: ReadonlySet<string> }> {
  const files = new Map<string, Lines>()
  const failed = new Set<string>()
  for (const path of receipts) {
    for await (const line of readReceipts(path)) {
      if ('failed' in line) failed.add(line.path)
      else files.set(line.path, [...(files.get(line.path) ?? []), line])
    }
  }
  return { files, failed }
}

function sumOf(lines: readonly ReceiptLine[]): Rewraps {
  const slots = (which: 'added' | 'dropped') => lines.flatMap(({ receipt }) => receipt[which])
  return {
    added: new Set(slots('added').map(({ key }) => key)),
    dropped: new Set(slots('dropped').map(({ key, keyVersion }) => `${key} ${keyVersion}`)),
  }
}
