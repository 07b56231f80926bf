import type { ErrorCode } from '@keywright/core'
import type { ConformanceCase } from '../conformance-case.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

type StateChange = 'disable' | 'destroy' | 'deny'

/** What each change of a key must make of a wrap and an unwrap, through a connection made before it. */
const changes: readonly (readonly [StateChange, readonly ErrorCode[]])[] = [
  ['disable', ['key-disabled']],
  // Some services forget a destroyed key and can only say that it is not there.
  ['destroy', ['key-destroyed', 'key-not-found']],
  ['deny', ['access-denied']],
]

const afterChange = changes.flatMap(([change, codes]): readonly ConformanceCase[] => [
  {
    id: `key-state.${change}-wrap`,
    proves: `after ${change}, wrap is refused with ${codes.join(' or ')}`,
    negative: true,
    abilities: [change],
    run: async ({ first, stage }) => {
      await stage[change]?.()
      await expectRefusal(codes, () => wrapSlot(first, newDataKey()))
    },
  },
  {
    id: `key-state.${change}-unwrap`,
    proves: `after ${change}, unwrap is refused with ${codes.join(' or ')}`,
    negative: true,
    abilities: [change],
    run: async ({ first, stage }) => {
      const slot = await wrapSlot(first, newDataKey())
      await stage[change]?.()
      await expectRefusal(codes, () => unwrapSlot(first, slot))
    },
  },
])

/** Keys that are disabled, destroyed, forbidden or absent, and what describeKey says of them. */
export const keyStateCases: readonly ConformanceCase[] = [
  ...afterChange,
  {
    id: 'key-state.enabled-again',
    proves: 'a key that is enabled again works through the connection that saw it disabled',
    negative: false,
    abilities: ['disable', 'enable'],
    run: async ({ first, stage }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      await stage.disable?.()
      await expectRefusal('key-disabled', () => unwrapSlot(first, slot))
      await stage.enable?.()
      expectSameBytes(await unwrapSlot(first, slot), dataKey, 'after enabling')
    },
  },
  {
    id: 'key-state.second-untouched',
    proves: 'what is done to one key does nothing to another of the same key manager',
    negative: false,
    abilities: ['disable'],
    run: async ({ second, stage }) => {
      await stage.disable?.()
      const dataKey = newDataKey()
      expectSameBytes(await unwrapSlot(second, await wrapSlot(second, dataKey)), dataKey, 'the second key')
    },
  },
  {
    id: 'key-state.missing',
    proves: 'a key that does not exist is key-not-found, and using it does not create it',
    negative: true,
    abilities: ['missing'],
    run: async ({ stage }) => {
      for (let round = 0; round < 2; round++) {
        const kek = stage.missing?.()
        if (kek === undefined) return
        try {
          await expectRefusal('key-not-found', () => wrapSlot(kek, newDataKey()))
        } finally {
          await kek.close()
        }
      }
    },
  },
  {
    id: 'key-state.describe-enabled',
    proves: 'a working key is described as enabled, its current version among its versions',
    negative: false,
    run: async ({ first }) => {
      const { state, currentVersion, versions } = await first.describeKey()
      expectThat(state === 'enabled', `a working key is described as ${state}`)
      const names = versions.map(({ version }) => version)
      expectThat(new Set(names).size === names.length, 'a version is listed twice')
      expectThat(
        currentVersion === undefined || names.length === 0 || names.includes(currentVersion),
        'the current version is not among the versions',
      )
    },
  },
  {
    id: 'key-state.describe-protection',
    proves: 'the protection level is the one declared',
    negative: false,
    run: async ({ first, capabilities }) => {
      const { protectionLevel } = await first.describeKey()
      expectThat(protectionLevel === capabilities.protectionLevel, 'two protection levels are claimed')
    },
  },
  {
    id: 'key-state.describe-rotated',
    proves: 'after a rotation the current version is another one, and is the one that wraps',
    negative: false,
    abilities: ['rotate'],
    run: async ({ first, stage, capabilities }) => {
      const before = await first.describeKey()
      await stage.rotate?.()
      const after = await first.describeKey()
      expectThat(
        before.currentVersion === undefined || after.currentVersion !== before.currentVersion,
        'the current version did not change',
      )
      const { keyVersion } = await wrapSlot(first, newDataKey())
      const comparable = capabilities.tellsVersionOnWrap && after.currentVersion !== undefined
      expectThat(
        !comparable || keyVersion === after.currentVersion,
        'another version wraps than the current one',
      )
    },
  },
  {
    id: 'key-state.describe-disabled',
    proves: 'a disabled key is described as disabled, by a KEK that was connected before',
    negative: true,
    abilities: ['disable'],
    run: async ({ first, stage }) => {
      await stage.disable?.()
      const { state } = await first.describeKey()
      expectThat(state === 'disabled', `a disabled key is described as ${state}`)
    },
  },
  {
    id: 'key-state.describe-destroyed',
    proves: 'a destroyed key is described as one, or is no longer found',
    negative: true,
    abilities: ['destroy'],
    run: async ({ first, stage }) => {
      await stage.destroy?.()
      let state: string
      try {
        state = (await first.describeKey()).state
      } catch (error) {
        await expectRefusal(['key-destroyed', 'key-not-found'], () => Promise.reject(error))
        return
      }
      const honest = state === 'destroyed' || state === 'pending-deletion'
      expectThat(honest, `a destroyed key is described as ${state}`)
    },
  },
]
