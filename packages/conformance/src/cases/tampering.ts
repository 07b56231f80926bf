import type { Capabilities } from '@keywright/core'
import type { ConformanceCase } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectRefusal, expectThat } from '../expectation.ts'
import { expectUnwrapFailed, newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

/** Runs the steps for 0 to count - 1, a few at a time, never more than the key manager declares to bear. */
async function inLanes(
  count: number,
  { maxConcurrentCalls }: Capabilities,
  step: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await step(next++)
  }
  await Promise.all(Array.from({ length: Math.min(8, maxConcurrentCalls) }, lane))
}

/** Whatever is done to a wrapped key, the answer is one and the same. */
export const tamperingCases: readonly ConformanceCase[] = [
  {
    id: 'tampering.each-byte',
    proves: 'a wrapped key with any one byte changed is refused',
    negative: true,
    run: async ({ first, capabilities }) => {
      const slot = await wrapSlot(first, newDataKey())
      await inLanes(slot.wrapped.length, capabilities, async (at) => {
        const wrapped = slot.wrapped.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte))
        await expectUnwrapFailed(first, { ...slot, wrapped }, `byte ${at} changed`)
      })
    },
  },
  {
    id: 'tampering.truncated',
    proves: 'a wrapped key cut at any length is refused',
    negative: true,
    run: async ({ first, capabilities }) => {
      const slot = await wrapSlot(first, newDataKey())
      await inLanes(slot.wrapped.length - 1, capabilities, async (index) => {
        const wrapped = slot.wrapped.slice(0, index + 1)
        await expectUnwrapFailed(first, { ...slot, wrapped }, `cut to ${index + 1} bytes`)
      })
    },
  },
  {
    id: 'tampering.cut-at-the-front',
    proves: 'a wrapped key without its first bytes is refused',
    negative: true,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      for (const cut of [1, 2, 4, 8, 12, 16]) {
        const wrapped = slot.wrapped.slice(cut)
        await expectUnwrapFailed(first, { ...slot, wrapped }, `${cut} bytes cut at the front`)
      }
    },
  },
  {
    id: 'tampering.empty',
    proves: 'an empty wrapped key is refused',
    negative: true,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      const wrapped = new Uint8Array(0)
      await expectRefusal(['unwrap-failed', 'invalid-argument'], () =>
        unwrapSlot(first, { ...slot, wrapped }),
      )
    },
  },
  {
    id: 'tampering.extended',
    proves: 'bytes added at the end or at the front of a wrapped key are refused',
    negative: true,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      for (const added of [1, 16, 256]) {
        const longer = new Uint8Array(slot.wrapped.length + added)
        longer.set(slot.wrapped)
        await expectUnwrapFailed(first, { ...slot, wrapped: longer }, `${added} bytes at the end`)
        longer.fill(0).set(slot.wrapped, added)
        await expectUnwrapFailed(first, { ...slot, wrapped: longer }, `${added} bytes at the front`)
      }
    },
  },
  {
    id: 'tampering.huge',
    proves: 'a wrapped key far over the limit is refused for good, not as a fault that will pass',
    negative: true,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      for (const size of [8192, 100_000]) {
        const wrapped = new Uint8Array(size)
        wrapped.set(slot.wrapped)
        await expectRefusal(
          ['unwrap-failed', 'invalid-argument', 'limit-exceeded'],
          () => unwrapSlot(first, { ...slot, wrapped }),
          `${size} bytes`,
        )
      }
    },
  },
  {
    id: 'tampering.noise',
    proves: 'random bytes of the right length, zeros and repeated bytes are refused',
    negative: true,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      const noise = crypto.getRandomValues(new Uint8Array(slot.wrapped.length))
      for (const wrapped of [noise, noise.slice().fill(0), noise.slice().fill(0xff)]) {
        await expectUnwrapFailed(first, { ...slot, wrapped }, 'noise')
      }
    },
  },
  {
    id: 'tampering.spliced',
    proves: 'two wrapped keys put together from halves are refused',
    negative: true,
    run: async ({ first }) => {
      const one = await wrapSlot(first, newDataKey())
      const other = await wrapSlot(first, newDataKey())
      const half = one.wrapped.length >> 1
      // Two wraps of one key need not be of one length.
      const wrapped = Uint8Array.of(...one.wrapped.subarray(0, half), ...other.wrapped.subarray(half))
      await expectUnwrapFailed(first, { ...one, wrapped }, 'two halves')
    },
  },
  {
    id: 'tampering.one-answer',
    proves: 'a changed wrapped key, another context and another key are told apart by nothing',
    negative: true,
    run: async ({ first, second, capabilities }) => {
      const slot = await wrapSlot(first, newDataKey())
      const ofSecond = await wrapSlot(second, newDataKey())
      const early = slot.wrapped.map((byte, index) => (index === slot.wrapped.length >> 1 ? byte ^ 1 : byte))
      const late = slot.wrapped.map((byte, index) => (index === slot.wrapped.length - 1 ? byte ^ 1 : byte))
      const tries = [
        () => unwrapSlot(first, { ...slot, wrapped: early }),
        () => unwrapSlot(first, { ...slot, wrapped: late }),
        () => unwrapSlot(first, { ...slot, wrapped: ofSecond.wrapped }),
      ]
      if (capabilities.contextBinding !== 'envelope') {
        tries.push(() => unwrapSlot(first, slot, keyContext({ tenant: 'somebody else' })))
      }
      const answers = new Set<string>()
      for (const attempt of tries) {
        const { message, details, retry } = await expectRefusal('unwrap-failed', attempt)
        answers.add(JSON.stringify([message, retry, { ...details, requestId: undefined }]))
      }
      expectThat(answers.size === 1, 'the refusals differ, and tell an attacker what was wrong')
    },
  },
]
