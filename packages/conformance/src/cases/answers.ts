import { type CapabilityNeed, type ConformanceCase, need } from '../conformance-case.ts'
import { expectRefusal, expectThat } from '../expectation.ts'
import type { Fault } from '../harness.ts'
import { newDataKey, unwrapSlot, usualContext, type WrappedSlot, wrapSlot } from '../slot.ts'

/** A key manager that answers wrongly: believed, it would lose data or open the wrong thing. */
function wrongUnwrap(
  fault: Fault,
  code: 'invalid-response' | 'key-mismatch',
  proves: string,
  needs?: CapabilityNeed,
): ConformanceCase {
  return {
    id: `answers.unwrap-${fault}`,
    proves,
    negative: true,
    needs,
    abilities: [`fault:${fault}`],
    run: async ({ first, stage }) => {
      const slot = await wrapSlot(first, newDataKey())
      stage.faults?.[fault]?.()
      await expectRefusal(code, () => unwrapSlot(first, slot), proves)
    },
  }
}

function wrongWrap(
  fault: Fault,
  code: 'invalid-response' | 'key-mismatch',
  proves: string,
  needs?: CapabilityNeed,
): ConformanceCase {
  return {
    id: `answers.wrap-${fault}`,
    proves,
    negative: true,
    needs,
    abilities: [`fault:${fault}`],
    run: async ({ first, stage }) => {
      stage.faults?.[fault]?.()
      await expectRefusal(code, () => first.wrapKey({ dataKey: newDataKey(), context: usualContext }), proves)
    },
  }
}

/** What a key manager answers is believed only as far as it can be checked. */
export const answerCases: readonly ConformanceCase[] = [
  wrongUnwrap('short-data-key', 'invalid-response', 'an unwrap of 31 bytes is refused'),
  wrongUnwrap(
    'long-data-key',
    'invalid-response',
    'an unwrap of 33 bytes is refused, though the last is zero',
  ),
  wrongUnwrap(
    'no-data-key',
    'invalid-response',
    'an unwrap without a data key is an error, not an empty success',
  ),
  wrongUnwrap('other-key', 'key-mismatch', 'an unwrap answered for another key is refused', need.tellsKey),
  wrongUnwrap('no-key-named', 'invalid-response', 'an unwrap that names no key is refused', need.tellsKey),
  wrongUnwrap(
    'other-version',
    'key-mismatch',
    'an unwrap answered for another version is refused',
    need.tellsVersionOnUnwrap,
  ),
  wrongUnwrap(
    'no-version',
    'invalid-response',
    'an unwrap that tells no version is refused',
    need.tellsVersionOnUnwrap,
  ),
  wrongWrap('other-key', 'key-mismatch', 'a wrap answered for another key is refused', need.tellsKey),
  wrongWrap('no-key-named', 'invalid-response', 'a wrap that names no key is refused', need.tellsKey),
  wrongWrap(
    'no-version',
    'invalid-response',
    'a wrap that tells no version is refused',
    need.tellsVersionOnWrap,
  ),
  wrongWrap('empty-wrapped', 'invalid-response', 'an empty wrapped key is an error, not an empty success'),
  wrongWrap('huge-wrapped', 'invalid-response', 'a wrapped key over 8,192 bytes is refused'),
  {
    id: 'answers.wrong-length-never-unwraps',
    proves: 'a key of any length but 32 is refused, when it is wrapped or at the latest when it is unwrapped',
    negative: true,
    run: async ({ first }) => {
      for (const length of [0, 16, 31, 33, 64]) {
        let slot: WrappedSlot
        try {
          slot = await wrapSlot(first, new Uint8Array(length).fill(7))
        } catch (error) {
          const codes = ['invalid-argument', 'limit-exceeded'] as const
          await expectRefusal(codes, () => Promise.reject(error), `wrapping ${length} bytes`)
          continue
        }
        const codes = ['invalid-response', 'unwrap-failed'] as const
        await expectRefusal(codes, () => unwrapSlot(first, slot), `unwrapping ${length} bytes`)
      }
    },
  },
  {
    id: 'answers.algorithm-is-declared',
    proves: 'a wrap names an algorithm that the KEK itself unwraps',
    negative: false,
    run: async ({ first, capabilities }) => {
      const { algorithm } = await first.wrapKey({ dataKey: newDataKey(), context: usualContext })
      expectThat(capabilities.algorithms.includes(algorithm), 'the algorithm is not among those declared')
    },
  },
]
