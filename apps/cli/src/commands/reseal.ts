import { stat } from 'node:fs/promises'
import { inspectFile, resealFile } from '@keywright/files'
import { Option } from 'commander'
import { parseAge } from '../flags/age.ts'
import { mistake } from '../flags/mistake.ts'
import { addValue } from '../flags/pairs.ts'
import { type OpeningFlags, withContext, withKeyFlags, withOpeningKeys } from '../flags/shared-flags.ts'
import { openBinding, requireWithheld } from '../items/bindings.ts'
import { sealedWithout } from '../items/sealed-without.ts'
import { walk } from '../items/walk.ts'
import { workThrough } from '../items/work-through.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import { readableSize } from '../terminal/sizes.ts'
import { printable } from '../terminal/terminal.ts'

interface ResealFlags extends OpeningFlags {
  readonly to?: readonly string[]
  readonly olderThan?: number
}

/** `keywright reseal`. */
export const resealCommand: DefineCommand = (command, end) => {
  command.argument('<path...>', 'sealed files and folders')
  withContext(withOpeningKeys(command))
    .addOption(
      new Option('--to <uri>', 'key to seal with (repeatable); default: --key, or the keyring').argParser(
        addValue,
      ),
    )
    .addOption(
      new Option('--older-than <age>', 'leave files that were sealed later, such as 90d or 12h').argParser(
        parseAge,
      ),
    )
  withKeyFlags(command).action(async (paths: string[], flags: ResealFlags) => {
    end(await inSession(flags, {}, (session) => resealAll(session, paths, flags)))
  })
}

async function resealAll(session: Session, paths: readonly string[], flags: ResealFlags): Promise<void> {
  if (paths.includes('-'))
    throw mistake('PATH', 'reseal works in place: give it files, or open and seal a stream')
  const { olderThan, to = flags.key } = flags
  const lookup = await session.keys()
  const keys = await lookup.forOpening(flags.key, flags.acceptPublicKeyWrap)
  const sealing = await lookup.forSealing(to)
  const before = olderThan === undefined ? Number.POSITIVE_INFINITY : Date.now() - olderThan
  await workThrough(session, await walk(paths, { select: 'sealed' }), async ({ item, onProgress }) => {
    const { path } = item
    if ((await sealedAtLatestMs(path)) > before) {
      return {
        document: { path, status: 'skipped', reason: 'not older' },
        note: [`${printable(path)}: not older`],
      }
    }
    requireWithheld(await inspectFile(path), flags)
    // A cached data key would be the old one again.
    sealing.evict()
    const binding = { keys, to: sealing, ...openBinding(flags), signal: session.signal }
    const { plaintextBytes, fileBytes } = await resealFile(path, { ...binding, onProgress })
    const { fields, warning } = sealedWithout(path, lookup.takeSealWarnings())
    return {
      document: { path, status: 'resealed', layout: 'paged', plaintextBytes, fileBytes, ...fields },
      note: [`${printable(path)}: sealed anew, ${readableSize(fileBytes)}`],
      warning,
    }
  })
}

/**
 * When the data key can have been made at the latest: envelopes hold no time, so the older of two that the file
 * system has. A rewrap changes the one, a copy the other.
 */
async function sealedAtLatestMs(path: string): Promise<number> {
  const { mtimeMs, birthtimeMs } = await stat(path)
  // 0 where the file system keeps no time of birth.
  return birthtimeMs > 0 ? Math.min(mtimeMs, birthtimeMs) : mtimeMs
}
