import { inspectFile, type RewrapFileOptions, rewrapFile } from '@keywright/files'
import { Option } from 'commander'
import { mistake } from '../flags/mistake.ts'
import { addValue } from '../flags/pairs.ts'
import { type OpeningFlags, withContext, withKeyFlags } from '../flags/shared-flags.ts'
import { checkBinding, requireWithheld } from '../items/bindings.ts'
import { describeRewrap, rewrapDocument } from '../items/describe-rewrap.ts'
import { walk } from '../items/walk.ts'
import { workThrough } from '../items/work-through.ts'
import type { KeyLookup } from '../keys/key-lookup.ts'
import { receiptWriter } from '../lock-out/receipt-lines.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'

interface RewrapFlags extends OpeningFlags {
  readonly from?: readonly string[]
  readonly to?: readonly string[]
  readonly add?: boolean
  readonly remove?: boolean
  readonly finish?: boolean
  readonly wrapOnly?: boolean
  readonly dryRun?: boolean
  readonly allowSharedDek?: boolean
  readonly headerOnly?: boolean
  readonly receipts?: string
}

/** `keywright rewrap`. */
export const rewrapCommand: DefineCommand = (command, end) => {
  command
    .argument('<path...>', 'sealed files and folders')
    .addOption(new Option('--from <uri>', 'key that loses its slot (repeatable)').argParser(addValue))
    .addOption(
      new Option('--to <uri>', 'key that gets a slot (repeatable); with --remove: key that stays').argParser(
        addValue,
      ),
    )
    .addOption(new Option('--add', 'keep the slots of --from').conflicts(['remove', 'finish']))
    .addOption(
      new Option('--remove', 'drop the slots of --from once another key is verified').conflicts(['finish']),
    )
    .addOption(
      new Option('--finish', 'verify slots of --to that were added unseen, then drop those of --from'),
    )
    .addOption(
      new Option('--wrap-only', 'add slots without unwrapping them; --finish ends it').conflicts([
        'remove',
        'finish',
      ]),
    )
    .option('--dry-run', 'do everything but write')
    .option(
      '--receipts <path>',
      'add the receipts to this file, for keywright lock-out; only you may read it',
    )
    .option('--header-only', 'check the key alone where the associated data is not at hand')
    .option('--allow-shared-dek', 'a data key shared by several envelopes: let the new key open all of them')
    .option('--accept-public-key-wrap', 'take a slot that anyone with a public key could have made')
  withContext(command)
  withKeyFlags(command).action(async (paths: string[], flags: RewrapFlags) => {
    end(await inSession(flags, {}, (session) => rewrapAll(session, paths, flags)))
  })
}

async function rewrapAll(session: Session, paths: readonly string[], flags: RewrapFlags): Promise<void> {
  if (paths.includes('-')) throw mistake('PATH', 'rewrap works in place: give it files')
  const lookup = await session.keys()
  await lookup.withConcealKey((concealKey) => rewrapEach(session, paths, flags, concealKey))
}

async function rewrapEach(
  session: Session,
  paths: readonly string[],
  flags: RewrapFlags,
  concealKey: Uint8Array | undefined,
): Promise<void> {
  const dryRun = flags.dryRun === true
  const options: RewrapFileOptions = {
    ...(await whoseSlots(await session.keys(), flags)),
    concealKey,
    ...checkBinding(flags),
    step: flags.add ? 'add' : flags.remove || flags.finish ? 'remove' : 'replace',
    wrapOnly: flags.wrapOnly,
    allowSharedDek: flags.allowSharedDek,
    acceptPublicKeyWrap: flags.acceptPublicKeyWrap,
    checkBody: flags.headerOnly !== true,
    dryRun,
    signal: session.signal,
  }
  const { receipts: kept } = flags
  const receipts = kept === undefined || dryRun ? undefined : await receiptWriter(kept)
  try {
    await workThrough(session, await walk(paths, { select: 'sealed' }), async ({ item }) => {
      const inspection = await inspectFile(item.path)
      requireWithheld(inspection, flags)
      const rewrapped = await rewrapFile(item.path, options)
      const document = rewrapDocument(item.path, inspection, rewrapped, dryRun)
      await receipts?.add(document)
      return { document, output: describeRewrap(item.path, rewrapped, dryRun) }
    })
  } finally {
    await receipts?.close()
  }
  if (!dryRun) {
    session.report.warn(
      'A rewrap changes keys, not data keys: after a compromise of a key, keywright reseal is the answer.',
    )
  }
}

/** The KEKs that lose and get slots; for --remove those that stay are the keyring's, unless --to names them. */
async function whoseSlots(
  lookup: KeyLookup,
  flags: RewrapFlags,
): Promise<Pick<RewrapFileOptions, 'from' | 'to'>> {
  const { from, to } = flags
  if (from === undefined) throw mistake('--from', 'name the key that the files are sealed by: --from URI')
  if (to !== undefined) return { from: await lookup.keks(from, '--from'), to: await lookup.keks(to, '--to') }
  if (flags.remove !== true)
    throw mistake('--to', 'name the key that the files are to be sealed by: --to URI')
  const staying = await lookup.otherKeks(from)
  if (staying.length > 0) return { from: await lookup.keks(from, '--from'), to: staying }
  throw mistake('--to', 'name a key that stays, so that it can be verified first: --to URI')
}
