import type { EnvelopeVector, Plaintext, VectorInput, VectorSlot } from '../src/index.ts'
import { bytesToLines, patternBytes } from '../src/index.ts'
import { bodyKeys, sealChunks } from './body.ts'
import { concat, hex, hexOrHash, lp, sha512Hex, utf8, zeros } from './bytes.ts'
import { textMap } from './cbor.ts'
import {
  associatedDataBytes,
  bodyContext,
  contextDigest,
  hkdfExpand,
  keyCheckInfo,
  shareCheckInfo,
} from './derive.ts'
import { flatOffsets, headerStart, pagedOffsets, smallestShift, writePage } from './layout.ts'
import {
  defaultDek,
  defaultKek,
  encodePreamble,
  encodeTable,
  fixedSalt,
  groupSecrets,
  kekKey,
  localAlgorithm,
  type TableInputs,
  writeTable,
} from './parts.ts'
import type { GroupPlan, PagePlan, Scenario } from './scenario.ts'

const same = <T>(value: T): T => value
const onlyGroup: readonly GroupPlan[] = [{ index: 0, slots: [{}] }]
const firstPages: readonly [PagePlan, PagePlan] = [{ generation: 1n }, { generation: 1n }]

function plaintextOf(scenario: Scenario): { bytes: Uint8Array; described: Plaintext } {
  const plan = scenario.plaintext ?? 'Hello, envelope!'
  const bytes = typeof plan === 'string' ? utf8(plan) : patternBytes(plan)
  const described: Plaintext =
    bytes.length <= 64 ? hex(bytes) : { length: bytes.length, pattern: 'mod-251', sha512: sha512Hex(bytes) }
  return { bytes, described }
}

/** Everything of an envelope that its layout does not change. */
function derive(scenario: Scenario) {
  const dek = scenario.dek ?? defaultDek
  const k = scenario.k ?? 1
  const groups = scenario.groups ?? onlyGroup
  const contextBytes = textMap(scenario.context ?? {})
  const preamble = (scenario.preamble ?? same)(encodePreamble(scenario))
  const adBytes = associatedDataBytes(scenario.associatedData ?? { type: 'absent' })
  const checkInfo = keyCheckInfo(preamble, contextBytes)
  const context = bodyContext(preamble, contextBytes, adBytes)
  const keys = bodyKeys(dek, fixedSalt, context)
  const inputs: TableInputs = { dek, k, preamble, contextBytes }
  const written = writeTable(groups, inputs)
  const table = (scenario.table ?? encodeTable)(written.items)
  const keyCheck = hkdfExpand(dek, checkInfo, 16)
  const plaintext = plaintextOf(scenario)
  const chunks = sealChunks(keys, plaintext.bytes, scenario.endFull ?? false)
  const body = concat(fixedSalt, keys.commitment, ...(scenario.chunks ?? same)(chunks))
  return {
    ...{ dek, k, groups, contextBytes, preamble, adBytes, checkInfo, context, keys, inputs, keyCheck },
    ...{ table, plaintext, body, slots: written.slots },
  }
}

type Derived = ReturnType<typeof derive>

/** The slots of the page that counts are the last ones: a plan names them by its higher generation. */
function pageTables(scenario: Scenario, parts: Derived): { pages: Uint8Array[]; slots: VectorSlot[] }
function pageTables(scenario: Scenario, parts: Derived) {
  const shift = scenario.blockShift ?? smallestShift(parts.preamble, parts.table)
  const block = 4096 << shift
  const slots: VectorSlot[] = []
  const pages = (scenario.pages ?? firstPages).map((plan) => {
    const written = plan.groups === undefined ? parts : writeTable(plan.groups, parts.inputs)
    for (const slot of written.slots) {
      if (!slots.some((known) => JSON.stringify(known) === JSON.stringify(slot))) slots.push(slot)
    }
    const table = 'items' in written ? encodeTable(written.items) : written.table
    const page = writePage(
      block,
      plan.generation,
      table,
      parts.preamble,
      parts.keyCheck,
      plan.beforeDigest ?? same,
    )
    return (plan.afterDigest ?? same)(page)
  })
  return { pages, slots }
}

function writePaged(scenario: Scenario, parts: Derived): { input: VectorInput; slots: VectorSlot[] } {
  const shift = scenario.blockShift ?? smallestShift(parts.preamble, parts.table)
  const block = 4096 << shift
  const start = headerStart('paged', shift, parts.preamble, parts.keyCheck)
  const block0 = concat(start, zeros(Math.max(0, block - start.length))).slice(0, block)
  const { pages, slots } = pageTables(scenario, parts)
  const whole = concat(block0, ...pages, parts.body)
  const at = pagedOffsets(parts.preamble.length, parts.table.length, block, parts.body.length)
  return { input: { bytes: bytesToLines((scenario.edit ?? same)(whole, at)) }, slots }
}

function writeFlat(
  layout: 'compact' | 'detached',
  scenario: Scenario,
  parts: Derived,
): { input: VectorInput; slots: VectorSlot[] } {
  const { preamble, keyCheck, table, body, slots } = parts
  const header = concat(headerStart(layout, 0, preamble, keyCheck), lp(table))
  const at = flatOffsets(preamble.length, table.length, layout === 'compact' ? body.length : 0)
  const edit = (input: Uint8Array): Uint8Array => (scenario.edit ?? same)(input, at)
  if (layout === 'detached') {
    const editedBody = (scenario.editBody ?? same)(body)
    return { input: { header: bytesToLines(edit(header)), body: bytesToLines(editedBody) }, slots }
  }
  const bytes = edit(concat(header, body))
  if (scenario.text === undefined) return { input: { bytes: bytesToLines(bytes) }, slots }
  const text = `kw1:${Buffer.from(bytes).toString('base64url')}`
  return { input: { text: scenario.text(text) }, slots }
}

function intermediate(parts: Derived): NonNullable<EnvelopeVector['intermediate']> {
  const { preamble, contextBytes, groups, k } = parts
  return {
    contextBytes: hexOrHash(contextBytes),
    preamble: hexOrHash(preamble),
    adBytes: hexOrHash(parts.adBytes),
    keyTable: hexOrHash(parts.table),
    contextDigest: {
      dek: hex(contextDigest('dek', contextBytes)),
      share: hex(contextDigest('share', contextBytes)),
    },
    keyCheckInfo: hexOrHash(parts.checkInfo),
    shareCheckInfos:
      k < 2
        ? []
        : groups.map(({ index }) =>
            hexOrHash(shareCheckInfo(index, k, groups.length, preamble, contextBytes)),
          ),
    bodyContext: hexOrHash(parts.context),
    bodyInfo: hexOrHash(parts.keys.info),
    payloadKey: hex(parts.keys.payloadKey),
    baseNonce: hex(parts.keys.baseNonce),
  }
}

function describeSealed(scenario: Scenario, parts: Derived): EnvelopeVector['sealed'] {
  return {
    dek: hex(parts.dek),
    dekUse: scenario.dekUse ?? 0,
    context: scenario.context ?? {},
    withheld: scenario.withheld ?? [],
    associatedData: scenario.associatedData ?? { type: 'absent' },
    salt: hex(fixedSalt),
    plaintext: parts.plaintext.described,
    k: parts.k,
    groups: parts.groups.map(({ index }) => {
      const secrets = groupSecrets(parts.inputs, parts.groups.length, index)
      return { index, share: hex(secrets.share), shareCheck: hex(secrets.shareCheck) }
    }),
  }
}

function describeReader(scenario: Scenario): EnvelopeVector['reader'] {
  const { context, associatedData, minThreshold, keks, concealKey } = scenario.reader ?? {}
  return {
    context: context ?? scenario.context ?? {},
    associatedData: associatedData ?? scenario.associatedData ?? { type: 'absent' },
    minThreshold: minThreshold ?? 1,
    keks: (keks ?? [defaultKek]).map((kek) => ({
      uri: `local://${kek.name}`,
      version: kek.version,
      algorithm: localAlgorithm,
      key: hex(kekKey(kek)),
    })),
    ...(concealKey === undefined ? {} : { concealKey: hex(concealKey) }),
  }
}

/** Writes the envelope of a scenario, byte by byte, and describes it. */
export function buildEnvelope(scenario: Scenario): EnvelopeVector {
  const layout = scenario.layout ?? 'compact'
  const parts = derive(scenario)
  const { input, slots } =
    layout === 'paged' ? writePaged(scenario, parts) : writeFlat(layout, scenario, parts)
  const { bytes } = parts.plaintext
  return {
    kind: 'envelope',
    id: scenario.id,
    title: scenario.title,
    requirements: scenario.requirements,
    layout,
    sealed: describeSealed(scenario, parts),
    slots,
    reader: describeReader(scenario),
    envelope: input,
    ...(scenario.code === undefined ? { intermediate: intermediate(parts) } : {}),
    expected:
      scenario.code === undefined
        ? {
            result: 'valid',
            keyCheck: hex(parts.keyCheck),
            commitment: hex(parts.keys.commitment),
            plaintext: { length: bytes.length, sha512: sha512Hex(bytes) },
          }
        : { result: 'invalid', code: scenario.code },
  }
}
