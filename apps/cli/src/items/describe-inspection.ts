import type { Inspection } from '@keywright/core'
import { readableSize } from '../terminal/sizes.ts'
import { printable } from '../terminal/terminal.ts'
import { shownContext } from './bindings.ts'
import type { SizedInspection } from './inspect-start.ts'

type SlotInspection = Inspection['groups'][number]['slots'][number]

/** The `--json` document of an inspection: the slots in one flat list, each with the group it is in. */
export function inspectionDocument(path: string, inspection: SizedInspection): Record<string, unknown> {
  const { groups, pages, ...rest } = inspection
  const slots = groups.flatMap(({ index, slots }) => slots.map((slot) => ({ group: index, ...slot })))
  return {
    path,
    ...rest,
    ...(pages === undefined ? {} : { pages }),
    rewrapUnfinished: pages?.unfinished ?? false,
    groups: groups.length,
    slots,
  }
}

/** An inspection for people. */
export function describeInspection(path: string, inspection: SizedInspection): readonly string[] {
  const { layout, fileBytes, plaintextBytes, headerBytes, context, withheldNames, pages } = inspection
  const { dekUse, keyCheck, threshold, groups } = inspection
  const content =
    plaintextBytes === undefined ? 'no body of a possible size' : `${readableSize(plaintextBytes)} of content`
  const lines = [
    `${printable(path)}: ${layout} envelope, ${readableSize(fileBytes)} (${content}, header ${headerBytes} bytes)`,
    row('context', shownContext(context)),
  ]
  if (withheldNames.length > 0) lines.push(row('withheld', printable(withheldNames.join(', '))))
  const shared =
    dekUse === 'shared' ? 'shared with other envelopes of the same cache' : 'of this envelope alone'
  lines.push(row('data key', `${shared}, key check ${keyCheck}`))
  if (pages !== undefined) {
    const { generation, unfinished, blockBytes } = pages
    const state = unfinished
      ? 'rewrap unfinished: old wrapped keys may still be in the file; rewrap again'
      : 'equal'
    lines.push(row('pages', `generation ${generation}, blocks of ${blockBytes} bytes, ${state}`))
  }
  if (threshold > 1) lines.push(row('keys', `${threshold} of ${groups.length} groups have to agree`))
  for (const { index, slots } of groups) {
    for (const slot of slots) lines.push(row(threshold > 1 ? `group ${index}` : 'key', describeSlot(slot)))
  }
  return lines
}

function describeSlot(slot: SlotInspection): string {
  const { key, scheme, kind, keyVersion, algorithm, wrapAuthenticity } = slot
  const name = key ?? `${scheme} (${kind})`
  const version = keyVersion === '' ? '' : ` version ${keyVersion}`
  const made =
    wrapAuthenticity === 'public-key'
      ? 'made by anyone with the public key'
      : wrapAuthenticity === 'kek-holder'
        ? 'made by a holder of the key'
        : 'an algorithm this version does not know'
  return printable(`${name}${version}, ${algorithm}, ${made}`)
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${text}`
}
