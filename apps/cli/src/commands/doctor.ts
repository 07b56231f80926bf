import { Option } from 'commander'
import type { Check } from '../doctor/check.ts'
import type { Examination } from '../doctor/examine.ts'
import { examine } from '../doctor/examine.ts'
import { mistake } from '../flags/mistake.ts'
import { addPair } from '../flags/pairs.ts'
import { type GlobalFlags, withKeyFlags } from '../flags/shared-flags.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import { counted } from '../terminal/sizes.ts'
import { printable } from '../terminal/terminal.ts'

interface DoctorFlags extends GlobalFlags {
  readonly context?: Readonly<Record<string, string>>
  readonly timeout?: number
}

/** A key is done with after as many times the limit of one call. */
const callsWorthOfTime = 4

/** `keywright doctor`. */
export const doctorCommand: DefineCommand = (command, end) => {
  command
    .argument('[uri...]', 'keys; default: those of the keyring of the config file')
    .addOption(
      new Option(
        '--context <name=value>',
        'context of the data keys that are tried (repeatable); default: purpose=doctor',
      ).argParser(addPair),
    )
    .addOption(
      new Option('--timeout <seconds>', 'longest time of one call; default: 10').argParser(parseSeconds),
    )
  withKeyFlags(command).action(async (uris: string[], flags: DoctorFlags) => {
    end(await inSession(flags, {}, (session) => examineAll(session, uris, flags)))
  })
}

async function examineAll(session: Session, uris: readonly string[], flags: DoctorFlags): Promise<void> {
  const lookup = await session.keys()
  const keks = uris.length > 0 ? await lookup.keks(uris, 'URI') : await lookup.allKeks()
  if (keks.length === 0) throw mistake('URI', 'name a key, such as local://default')
  const { timeout = 10, context = { purpose: 'doctor' } } = flags
  const callMs = timeout * 1000
  const limits = { callMs, totalMs: callsWorthOfTime * callMs, signal: session.signal }
  const config = await session.config()
  // All at once: one key manager that is down costs the others no time. They are told in the order of the words.
  const examinations = keks.map((kek) => examine(kek, { ...limits, context, config }))
  await Promise.allSettled(examinations)
  for (const examination of examinations) tell(session, await examination)
}

function tell({ report }: Session, { key, checks, calls }: Examination): void {
  const failed = checks.filter(({ result }) => result === 'failed')
  const open = checks.filter(({ result }) => result === 'not checked').length
  const status = failed.length > 0 ? 'failing' : checks.some(isWarning) ? 'warning' : 'healthy'
  const found = failed.length === 0 ? 'nothing failed' : `${counted(failed.length, 'check')} failed`
  report.verdict(
    {
      document: { key, status, checks, calls },
      output: [`${printable(key)}: ${found}, ${open} not checked`, ...checks.flatMap(lines)],
    },
    failed.map(({ code }) => code ?? 'unknown'),
  )
}

function isWarning({ result }: Check): boolean {
  return result === 'warning'
}

function lines({ check, result, detail, provedBy, fix }: Check): readonly string[] {
  const proof = provedBy.length === 0 ? '' : ` (${[...new Set(provedBy)].join(', ')})`
  const line = `  ${result.padEnd(11)}  ${check.padEnd(17)}  ${printable(detail)}${proof}`
  return fix === undefined ? [line] : [line, `  ${' '.repeat(32)}→ ${printable(fix)}`]
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= 600) return seconds
  throw mistake('--timeout', '--timeout takes whole seconds, 1 to 600')
}
