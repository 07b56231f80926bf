import { type ConformanceCase, need } from '../conformance-case.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, usualContext, wrapSlot } from '../slot.ts'

/** Spellings that a path, a query or a loose parser would take for the version they begin with. */
function hostileSpellings(version: string): readonly string[] {
  return [
    `${version}/../${version}`,
    `../${version}`,
    `./${version}`,
    `${version}/`,
    `${version}?v=1`,
    `${version}#`,
    `${version}%00`,
    `${version}\0`,
    `${version}\n`,
    ` ${version}`,
    `0${version}`,
    'v'.repeat(300),
  ]
}

/** Key versions: what is told of them, and what a rotation may not break. */
export const versionCases: readonly ConformanceCase[] = [
  {
    id: 'versions.told-on-wrap',
    proves: 'wrap tells the version that it used, in 1 to 256 bytes',
    negative: false,
    needs: need.tellsVersionOnWrap,
    run: async ({ first }) => {
      const { keyVersion } = await first.wrapKey({ dataKey: newDataKey(), context: usualContext })
      expectThat(keyVersion !== undefined, 'wrap tells no version')
      const size = Buffer.byteLength(keyVersion)
      expectThat(size >= 1 && size <= 256, 'the version fits no slot')
    },
  },
  {
    id: 'versions.not-told-on-wrap',
    proves: 'a wrap that is declared to tell no version tells none',
    negative: true,
    needs: need.hidesVersionOnWrap,
    run: async ({ first }) => {
      const { keyVersion } = await first.wrapKey({ dataKey: newDataKey(), context: usualContext })
      expectThat(keyVersion === undefined, 'wrap tells a version, and the capability says it does not')
    },
  },
  {
    id: 'versions.told-on-unwrap',
    proves: 'unwrap tells the version that wrapped',
    negative: false,
    needs: need.tellsVersionOnUnwrap,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      const { keyVersion } = await first.unwrapKey({ ...slot, context: usualContext })
      expectThat(keyVersion !== undefined && keyVersion !== '', 'unwrap tells no version')
      expectThat(
        slot.keyVersion === '' || keyVersion === slot.keyVersion,
        'wrap and unwrap tell two versions',
      )
    },
  },
  {
    id: 'versions.not-told-on-unwrap',
    proves: 'an unwrap that is declared to tell no version tells none',
    negative: true,
    needs: need.hidesVersionOnUnwrap,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      const { keyVersion } = await first.unwrapKey({ ...slot, context: usualContext })
      expectThat(keyVersion === undefined, 'unwrap tells a version, and the capability says it does not')
    },
  },
  {
    id: 'versions.needed',
    proves: 'an unwrap that needs the version refuses to guess it',
    negative: true,
    needs: need.versionToUnwrap,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      await expectRefusal('invalid-argument', () => unwrapSlot(first, { ...slot, keyVersion: '' }))
    },
  },
  {
    id: 'versions.not-needed',
    proves: 'an unwrap that needs no version does without one',
    negative: false,
    needs: need.noVersionToUnwrap,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      expectSameBytes(await unwrapSlot(first, { ...slot, keyVersion: '' }), dataKey, 'the data key')
    },
  },
  // KW-TAB-13
  {
    id: 'versions.hostile-spelling',
    proves: 'a version from a header passes a grammar before it reaches a path',
    negative: true,
    needs: need.versionMatters,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      for (const keyVersion of hostileSpellings(slot.keyVersion)) {
        await expectRefusal(
          ['invalid-argument', 'unwrap-failed', 'key-mismatch', 'key-not-found', 'limit-exceeded'],
          () => unwrapSlot(first, { ...slot, keyVersion }),
          JSON.stringify(keyVersion.slice(0, 40)),
        )
      }
    },
  },
  {
    id: 'versions.old-still-unwraps',
    proves: 'what was wrapped before a rotation unwraps after it, through the old connection and a new one',
    negative: false,
    abilities: ['rotate'],
    run: async ({ first, anew, stage }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      await stage.rotate?.()
      expectSameBytes(await unwrapSlot(first, slot), dataKey, 'after a rotation')
      expectSameBytes(await unwrapSlot(anew(), slot), dataKey, 'after a rotation, connected anew')
    },
  },
  {
    id: 'versions.new-wraps',
    proves: 'after a rotation the new version wraps, also through a KEK that was connected before',
    negative: false,
    needs: need.tellsVersionOnWrap,
    abilities: ['rotate'],
    run: async ({ first, stage }) => {
      const before = await wrapSlot(first, newDataKey())
      await stage.rotate?.()
      const dataKey = newDataKey()
      const after = await wrapSlot(first, dataKey)
      expectThat(after.keyVersion !== before.keyVersion, 'the old version still wraps')
      expectSameBytes(await unwrapSlot(first, after), dataKey, 'under the new version')
    },
  },
  {
    id: 'versions.exchanged',
    proves: 'a slot that names another version of its key is refused',
    negative: true,
    needs: need.versionMatters,
    abilities: ['rotate'],
    run: async ({ first, stage }) => {
      const old = await wrapSlot(first, newDataKey())
      await stage.rotate?.()
      const { keyVersion } = await wrapSlot(first, newDataKey())
      const codes = ['unwrap-failed', 'key-mismatch', 'invalid-argument'] as const
      await expectRefusal(codes, () => unwrapSlot(first, { ...old, keyVersion }))
    },
  },
  {
    id: 'versions.retired',
    proves: 'a retired version has a code of its own: the key is there, this version of it is not',
    negative: true,
    abilities: ['rotate', 'retire'],
    run: async ({ first, stage }) => {
      const slot = await wrapSlot(first, newDataKey())
      await stage.rotate?.()
      await stage.retire?.()
      await expectRefusal('key-version-retired', () => unwrapSlot(first, slot))
    },
  },
  {
    id: 'versions.retired-alone',
    proves: 'retiring one version leaves the others working',
    negative: false,
    abilities: ['rotate', 'retire'],
    run: async ({ first, stage }) => {
      await stage.rotate?.()
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      await stage.retire?.()
      expectSameBytes(await unwrapSlot(first, slot), dataKey, 'under the version that stays')
      await wrapSlot(first, newDataKey())
    },
  },
]
