import type { EncryptionContext, Inspection } from '@keywright/core'
import { mistake } from '../flags/mistake.ts'
import { contextFlags } from '../flags/pairs.ts'
import type { OpeningFlags } from '../flags/shared-flags.ts'
import { printable } from '../terminal/terminal.ts'

/** What an open states: the whole context, or that the stored one is trusted. */
export interface OpenBinding {
  readonly context?: EncryptionContext
  readonly trustStoredContext?: true
  readonly associatedData: string | undefined
}

/**
 * What flags say that an envelope is bound to, for operations that release plaintext.
 *
 * @param flags of the command line
 */
export function openBinding({ context, associatedData }: OpeningFlags): OpenBinding {
  const said = contextFlags(context)
  return said.kind === 'stated'
    ? { context: said.context, associatedData }
    : { trustStoredContext: true, associatedData }
}

/** The same for operations that release nothing: a context left out accepts the stored one by itself. */
export function checkBinding({
  context,
  associatedData,
}: OpeningFlags): Omit<OpenBinding, 'trustStoredContext'> {
  const said = contextFlags(context)
  return said.kind === 'stated' ? { context: said.context, associatedData } : { associatedData }
}

/**
 * Names withheld values that have to be stated, before anything is tried.
 *
 * @param inspection of the envelope
 * @param flags of the command line
 * @throws KeywrightError `invalid-argument`, naming them
 */
export function requireWithheld(
  { withheldNames }: Pick<Inspection, 'withheldNames'>,
  flags: OpeningFlags,
): void {
  if (withheldNames.length === 0 || contextFlags(flags.context).kind === 'stated') return
  const names = withheldNames.map(printable)
  const needed = names.map((name) => `--context ${name}=…`).join(' ')
  throw mistake(
    '--context',
    `the values of ${names.join(', ')} are not in the file: state the whole context, ${needed} and every other pair`,
  )
}

/**
 * A context in one line.
 *
 * @param context names and values
 */
export function shownContext(context: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(context).map(([name, value]) => `${name}=${value}`)
  return pairs.length === 0 ? '{} (empty)' : printable(pairs.join(' '))
}
