import { Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { type GlobalFlags, withKeyFlags } from '../flags/shared-flags.ts'
import { keyDocument, localName } from '../keys/describe-key.ts'
import { inSession } from '../session.ts'

/** `keywright keys rotate`. */
export function keysRotateCommand(end: (code: ExitCode) => void): Command {
  const command = new Command('rotate')
    .description('give a local key a new version, which seals from now on; older ones go on opening')
    .argument('<name>', 'name of the key')
  return withKeyFlags(command).action(async (text: string, flags: GlobalFlags) => {
    end(
      await inSession(flags, {}, async ({ report, passphrases, signal }) => {
        const { describeKey, rotateKey } = await import('@keywright/local')
        const key = localName(text)
        const { passphrase: guarded } = await describeKey({ key })
        const made = await rotateKey({ key, passphrase: passphrases.sourceFor(key, guarded), signal })
        report.outcome({
          document: { ...keyDocument(made), status: 'rotated' },
          output: [`${made.uri} has version ${made.currentVersion} now`],
          note: [
            '  Back its file up again: copies made before lack the new version.',
            `  To move sealed files to it: keywright rewrap PATH… --from ${made.uri} --to ${made.uri}`,
          ],
        })
      }),
    )
  })
}
