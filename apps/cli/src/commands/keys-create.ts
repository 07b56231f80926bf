import { Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { type GlobalFlags, withKeyFlags } from '../flags/shared-flags.ts'
import { keyDocument, localName } from '../keys/describe-key.ts'
import { inSession } from '../session.ts'
import { printable } from '../terminal/terminal.ts'

interface CreateFlags extends GlobalFlags {
  readonly passphrase?: boolean
}

/** `keywright keys create`. */
export function keysCreateCommand(end: (code: ExitCode) => void): Command {
  const command = new Command('create')
    .description('make a local key')
    .argument('<name>', '1 to 63 of a-z 0-9 . _ -')
    .option('--passphrase', 'ask for a passphrase on the terminal')
  return withKeyFlags(command).action(async (text: string, flags: CreateFlags) => {
    end(
      await inSession(flags, {}, async ({ report, passphrases, signal }) => {
        const { createKey } = await import('@keywright/local')
        const key = localName(text)
        const passphrase = passphrases.sourceForNew(key, flags.passphrase === true)
        const made = await createKey({ key, passphrase, signal })
        const guard = made.passphrase
          ? 'guarded by its passphrase'
          : 'without a passphrase: whoever reads it has the key'
        report.outcome({
          document: { ...keyDocument(made), status: 'created' },
          output: [`${made.uri} created`],
          note: [
            `  ${printable(made.path)}, ${guard}`,
            '  Back this file up: without it nothing that it sealed opens.',
          ],
        })
      }),
    )
  })
}
