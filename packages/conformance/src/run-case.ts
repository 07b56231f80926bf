import type { Kek } from '@keywright/core'
import type { ConformanceCase, Scene } from './conformance-case.ts'
import { coreOperations, type EnvelopeOperations } from './envelope-operations.ts'
import { ConformanceFailure } from './expectation.ts'
import type { Ability, ConformanceHarness, ConformanceStage, Fault } from './harness.ts'

/** What came of one case. `reason` says why it failed or was skipped; empty when it passed. */
export interface CaseResult {
  readonly id: string
  readonly result: 'pass' | 'fail' | 'skip'
  readonly reason: string
}

const defaultDeadlineMs = 20_000

/**
 * Runs one case on a fresh stage. A provider cannot make this throw: whatever goes wrong is the case's failure.
 *
 * @param conformanceCase the case
 * @param harness the provider's harness
 * @param envelope what seals and opens; core's, unless the suite itself is under test
 */
export async function runCase(
  conformanceCase: ConformanceCase,
  harness: ConformanceHarness,
  envelope: EnvelopeOperations = coreOperations,
): Promise<CaseResult> {
  const { id } = conformanceCase
  try {
    const reason = await withStage(conformanceCase, harness, envelope)
    return reason === undefined ? { id, result: 'pass', reason: '' } : { id, result: 'skip', reason }
  } catch (error) {
    return { id, result: 'fail', reason: describeFailure(error) }
  }
}

/** The reason for skipping, or nothing when the case ran and passed. */
async function withStage(
  conformanceCase: ConformanceCase,
  harness: ConformanceHarness,
  envelope: EnvelopeOperations,
): Promise<string | undefined> {
  const stage = await harness.prepare()
  const made: Kek[] = []
  const keep = (kek: Kek): Kek => {
    made.push(kek)
    return kek
  }
  try {
    const missing = conformanceCase.abilities?.filter((ability) => !isAble(stage, ability)) ?? []
    if (missing.length > 0) return `the harness cannot: ${missing.join(', ')}`
    return await beforeDeadline(harness.deadlineMs ?? defaultDeadlineMs, async () => {
      const first = keep(stage.first())
      const { reference, capabilities } = await first.connect()
      const { needs } = conformanceCase
      if (needs !== undefined && !needs.holds(capabilities)) return `needs ${needs.words}`
      const second = keep(stage.second())
      const anew = (): Kek => keep(stage.first())
      const { fromUri, provider: scheme } = harness
      const keks = { first, second, reference, capabilities, anew }
      const scene: Scene = { ...keks, stage, fromUri, scheme, envelope }
      await conformanceCase.run(scene)
      return undefined
    })
  } finally {
    // A case may have broken them on purpose: what closing says is not its subject.
    await Promise.allSettled(made.map(async (kek) => kek.close()))
    await stage.close?.()
  }
}

function isAble(stage: ConformanceStage, ability: Ability): boolean {
  if (ability.startsWith('fault:'))
    return stage.faults?.[ability.slice('fault:'.length) as Fault] !== undefined
  return stage[ability as Exclude<Ability, `fault:${Fault}`>] !== undefined
}

/** A provider that never answers fails its case instead of stopping the suite. */
async function beforeDeadline<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const tooLate = new ConformanceFailure(`no end after ${milliseconds} ms`)
    timer = setTimeout(reject, milliseconds, tooLate)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Names what was thrown; of a stranger's error only the class and code, since its message may hold a secret. */
function describeFailure(error: unknown): string {
  if (error instanceof ConformanceFailure) return error.message
  if (!(error instanceof Error)) return 'something that is no Error was thrown'
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `unexpected ${error.name}${code}`
}
