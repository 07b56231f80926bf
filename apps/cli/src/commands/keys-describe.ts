import { parseKeyUri } from '@keywright/core'
import { Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { type GlobalFlags, withKeyFlags } from '../flags/shared-flags.ts'
import { describeKeyLines, keyDocument } from '../keys/describe-key.ts'
import { inSession, type Session } from '../session.ts'
import { printable } from '../terminal/terminal.ts'

/** `keywright keys describe`. */
export function keysDescribeCommand(end: (code: ExitCode) => void): Command {
  const command = new Command('describe')
    .description('what a key manager says of a key: versions, state, protection')
    .argument('<uri>', 'such as local://default')
  return withKeyFlags(command).action(async (uri: string, flags: GlobalFlags) => {
    end(await inSession(flags, {}, (session) => describe(session, uri)))
  })
}

async function describe(session: Session, uri: string): Promise<void> {
  const { report, signal } = session
  const lookup = await session.keys()
  const [kek] = await lookup.keks([uri], 'URI')
  const { scheme, reference } = parseKeyUri(uri)
  if (scheme === 'local') {
    const { describeKey } = await import('@keywright/local')
    const key = await describeKey({ key: reference })
    const guard = key.passphrase ? 'guarded by a passphrase' : 'no passphrase'
    const where = `  file ${printable(key.path)}, ${guard}`
    report.outcome({ document: keyDocument(key), output: [...describeKeyLines(uri, key), where] })
  } else if (kek !== undefined) {
    const description = await kek.describeKey({ signal })
    report.outcome({ document: { key: uri, ...description }, output: describeKeyLines(uri, description) })
  }
}
