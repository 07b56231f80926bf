import type { Capabilities } from '@keywright/core'
import type { ConformanceHarness } from './harness.ts'
import { readCapabilities } from './report.ts'

/** What one provider declares on one backend. */
export interface CapabilityEntry {
  readonly provider: string
  /** Name and version of what stood behind it. */
  readonly backend: string
  /** What the key manager's own log shows of a call, as the harness says it; empty where it says nothing. */
  readonly log: string
  readonly capabilities: Capabilities
}

/** Reads what a harness's provider declares, from a fresh key. */
export async function capabilityEntry(harness: ConformanceHarness): Promise<CapabilityEntry> {
  const { provider, backend, log = '' } = harness
  return { provider, backend, log, capabilities: await readCapabilities(harness) }
}

/**
 * The harnesses that a sheet is made from: those that say what the key manager's log shows, one for each kind of key; the
 * others try the same keys on further backends. All of them where none says it.
 */
export function describedHarnesses(harnesses: readonly ConformanceHarness[]): readonly ConformanceHarness[] {
  const described = harnesses.filter(({ log }) => log !== undefined)
  return described.length > 0 ? described : harnesses
}

interface Column {
  readonly title: string
  readonly cell: (entry: CapabilityEntry) => string
}

const bindings: Readonly<Record<Capabilities['contextBinding'], string>> = {
  'native-map': 'yes, as a map',
  'native-bytes': 'yes, as a digest',
  envelope: 'no: the envelope alone',
}

const makers: Readonly<Record<Capabilities['wrapAuthenticity'], string>> = {
  'kek-holder': 'holders of the wrap right',
  'public-key': 'anyone with the public key',
}

const columns: readonly Column[] = [
  { title: 'Key manager', cell: ({ provider }) => provider },
  { title: 'Algorithms', cell: ({ capabilities }) => list(capabilities.algorithms) },
  { title: 'Context bound natively', cell: ({ capabilities }) => bindings[capabilities.contextBinding] },
  { title: 'Versions', cell: ({ capabilities }) => versions(capabilities) },
  { title: 'Answers name the key', cell: ({ capabilities }) => yesOrNo(capabilities.tellsKey) },
  { title: 'Rewrap inside', cell: ({ capabilities }) => yesOrNo(capabilities.serverSideRewrap) },
  { title: 'Draws data keys', cell: ({ capabilities }) => yesOrNo(capabilities.generatesDataKeys) },
  { title: 'Keys in one call', cell: ({ capabilities }) => String(capabilities.maxBatchKeys) },
  { title: 'Calls at once', cell: ({ capabilities }) => String(capabilities.maxConcurrentCalls) },
  { title: 'Who can make slots', cell: ({ capabilities }) => makers[capabilities.wrapAuthenticity] },
  { title: 'Its log shows', cell: ({ log }) => (log === '' ? 'not told' : log) },
]

/**
 * The sheet as a Markdown table: a row for each provider and set of algorithms. Where several backends declare the
 * same algorithms, the first one stands for all; the protection level is that of one key, and has no column.
 *
 * @param entries in the order in which they are to stand
 */
export function capabilityTable(entries: readonly CapabilityEntry[]): string {
  const first = new Map<string, CapabilityEntry>()
  for (const entry of entries) {
    const name = [entry.provider, ...entry.capabilities.algorithms].join(' ')
    if (!first.has(name)) first.set(name, entry)
  }
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    row(columns.map(({ title }) => title)),
    `|${columns.map(() => '---').join('|')}|`,
    ...[...first.values()].map((entry) => row(columns.map(({ cell }) => escaped(cell(entry))))),
  ].join('\n')
}

/** Between these lines of a document stands the table, and a new one takes its place. */
const marks = ['<!-- capability-sheet:begin -->', '<!-- capability-sheet:end -->'] as const

/**
 * A document with a new table in it.
 *
 * @param document of which the part between the two marks is replaced; the table alone where it has none
 * @param table of {@link capabilityTable}
 */
export function withCapabilityTable(document: string, table: string): string {
  const [begin, end] = marks
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) return `${table}\n`
  return `${document.slice(0, from + begin.length)}\n\n${table}\n\n${document.slice(to)}`
}

function versions({ tellsVersionOnWrap, tellsVersionOnUnwrap, needsVersionToUnwrap }: Capabilities): string {
  const told = [...(tellsVersionOnWrap ? ['on wrap'] : []), ...(tellsVersionOnUnwrap ? ['on unwrap'] : [])]
  const needed = needsVersionToUnwrap ? '; needed to unwrap' : ''
  return `${told.length === 0 ? 'not told' : `told ${told.join(' and ')}`}${needed}`
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
