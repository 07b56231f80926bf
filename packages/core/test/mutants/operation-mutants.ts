import { type Mutant, mutant } from './mutant.ts'

const table = 'operations/rewrap-table.ts'
const steps = 'operations/rewrap-steps.ts'
const session = 'operations/open-session.ts'

/** Faults in bodies, in opening and in rewrapping. */
export const operationMutants: readonly Mutant[] = [
  mutant(
    'no commitment check',
    'body/prefix.ts',
    'if (equalBytes(keys.commitment, own.subarray(limits.saltBytes))) return keys',
    'if (keys.commitment.length > 0) return keys',
    'bit-flips.test.ts > no bit of a detached body can be changed',
  ),
  mutant(
    'final chunk not read in a range',
    'body/range.ts',
    'if (this.#sizeKnown) return\n    const finalChunk',
    'if (this.#sizeKnown || signal === undefined) return\n    const finalChunk',
    'open-range.test.ts > a size is told only after the final chunk authenticated it',
  ),
  mutant(
    'stored context trusted silently',
    'operations/expected-context.ts',
    'if (!same) {',
    'if (!same && full.pairs.size > 0) {',
    'swapped-envelopes.test.ts > compact > a reader that states no context opens only what was sealed for none',
  ),
  mutant(
    'expected context not compared',
    'operations/expected-context.ts',
    '[...storedContext].every(([name, value]) => full.pairs.get(name) === value)',
    '[...storedContext].every(([name]) => full.pairs.has(name))',
    'swapped-envelopes.test.ts > paged > an envelope of another tenant is a context mismatch, without a call',
  ),
  mutant(
    'no check after wrap',
    table,
    'added.push(await verifySlot(kek, slot, dataKey, work))',
    'added.push(slot)',
    'rewrap.test.ts > a new slot that does not open leaves the old one usable',
  ),
  mutant(
    'the old key not checked',
    'keyring/unwrap-slot.ts',
    'await checkUnwrapped(dataKey, header, group, context)\n',
    '\n',
    'rewrap.test.ts > garbage from the old KEK is caught before anything is wrapped',
  ),
  mutant(
    'a rewrap that only renames the reference',
    steps,
    'return nameSlot(kek, await kek.wrapKey({ dataKey, context, signal: options.signal }), work.naming)',
    'return { ...(work.plan.sources[0] as Candidate).slot, reference: (await kek.connect()).reference }',
    'rewrap.test.ts > a rewrap replaces the slot, verifies the new one, and leaves everything else byte for byte',
  ),
  mutant(
    'old slot dropped by a rewrap that sees no key',
    table,
    "added,\n    drop: false,\n    outcome: added.length === 0 ? 'unchanged' : 'pending'",
    "added,\n    drop: true,\n    outcome: added.length === 0 ? 'unchanged' : 'pending'",
    'rewrap-pending.test.ts > a rewrap inside the key manager shows no key here, keeps the old slot, and is pending',
  ),
  mutant(
    'a verified slot replaced by an unverified one of its name',
    table,
    'if (!old.some((other) => sameSlotName(other, slot))) added.push(slot)',
    'added.push(slot)',
    'rewrap-pending.test.ts > a pending rewrap of a KEK to itself never puts an unverified slot in place of the old one',
  ),
  mutant(
    'a key unwrapped by a rewrap that is to see none',
    table,
    'if (options.wrapOnly === true) return wrapUnseen(work, missing)',
    '',
    'rewrap-pending.test.ts > a rewrap inside the key manager shows no key here, keeps the old slot, and is pending',
  ),
  mutant(
    'removed without a look at the slot that stays',
    table,
    'await everyUnwrapped(work, others)',
    'await firstUnwrapped(work, plan.sources)',
    'rewrap.test.ts > nothing is removed for a slot that is not there, or that does not open',
  ),
  mutant(
    'removed after a look at one of the slots that stay',
    table,
    'await everyUnwrapped(work, others)',
    'await firstUnwrapped(work, others)',
    'rewrap-remove.test.ts > nothing is removed while one of the keys that are to remain does not open',
  ),
  mutant(
    'a slot of the new version counted as an old one',
    table,
    '!isSource(slot, plan) || keep.includes(slot)',
    '!isSource(slot, plan)',
    'rewrap-pending.test.ts > a pending rewrap of a KEK to its own new version is finished like any other, and once',
  ),
  mutant(
    'shared DEK consent ignored',
    steps,
    "header.preamble.dekUse === 'shared' && ",
    'false && ',
    'rewrap-consent.test.ts > a new KEK for a DEK that other envelopes share needs consent, before any call',
  ),
  mutant(
    'public-key consent ignored',
    steps,
    'if (!forgeable || options.acceptPublicKeyWrap === true) return',
    'if (forgeable || options.acceptPublicKeyWrap === true) return',
    'rewrap-consent.test.ts > a slot that anyone could have made becomes a trusted one only with consent',
  ),
  mutant(
    'commitment not checked by a rewrap',
    table,
    "if (options.bodyPrefix === undefined) return 'key-check'",
    "if (options.bodyPrefix !== undefined) return 'commitment'\n  if (options.bodyPrefix === undefined) return 'key-check'",
    'rewrap.test.ts > a body that does not belong to the header ends the rewrap',
  ),
  mutant(
    'generation not raised',
    'operations/rewrap.ts',
    'generation: generation + 1',
    'generation',
    'rewrap.test.ts > a paged envelope gets a higher generation in both pages, and keeps its body',
  ),
  mutant(
    'unreachable taken for locked out',
    'operations/lock-out.ts',
    "refusals.has(code) ? 'refused' : 'not-tried'",
    "'refused'",
    'lock-out.test.ts > an old KEK that cannot be reached proves nothing',
  ),
  mutant(
    'cache key without context',
    session,
    "options.trustStoredContext === true ? 'trusted' : pairs",
    "'trusted'",
    'cache-partition.test.ts > another context is refused although the cache knows the envelope',
  ),
  mutant(
    'seal cache key without context',
    'operations/seal-session.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a piece of source text
    'return `s${pairs}`',
    "return 's'",
    'cache-partition.test.ts > every context, and every choice of what is withheld, has a DEK of its own',
  ),
  mutant(
    'cache key without header bytes',
    'cache/partition.ts',
    'Buffer.compare(header, this.#header) === 0',
    'header.length === this.#header.length',
    'cache-partition.test.ts > every byte of a header is part of what the cache knows it by',
  ),
  mutant(
    'reseal under the old DEK',
    'operations/reseal.ts',
    'await seal(plaintext, sealing)',
    '((void sealing, void seal), envelope as Uint8Array)',
    'reseal-verify-inspect.test.ts > a reseal has a new DEK, a new salt and the same meaning',
  ),
]
