import { Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { type GlobalFlags, withGlobalFlags } from '../flags/shared-flags.ts'
import { keyDocument, keyLine } from '../keys/describe-key.ts'
import { inSession } from '../session.ts'

/** `keywright keys list`. */
export function keysListCommand(end: (code: ExitCode) => void): Command {
  const command = new Command('list').description('the local keys')
  return withGlobalFlags(command).action(async (flags: GlobalFlags) => {
    end(
      await inSession(flags, {}, async ({ report }) => {
        const { listKeys } = await import('@keywright/local')
        for (const { name, description, problem } of await listKeys()) {
          if (description === undefined) report.failure(`local://${name}`, problem)
          else report.outcome({ document: keyDocument(description), output: [keyLine(description)] })
        }
      }),
    )
  })
}
