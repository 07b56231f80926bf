import { type Capabilities, limits } from '@keywright/core'
import { type ConformanceCase, need } from '../conformance-case.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, usualContext } from '../slot.ts'

const flags = [
  'tellsVersionOnWrap',
  'tellsVersionOnUnwrap',
  'needsVersionToUnwrap',
  'tellsKey',
  'serverSideRewrap',
  'generatesDataKeys',
] as const satisfies readonly (keyof Capabilities)[]

const choices: readonly (readonly [keyof Capabilities, readonly string[]])[] = [
  ['contextBinding', ['native-map', 'native-bytes', 'envelope']],
  ['wrapAuthenticity', ['kek-holder', 'public-key']],
  ['protectionLevel', ['software', 'hsm', 'external', 'unknown']],
]

const algorithmGrammar = /^[a-z0-9-]+\.[a-z0-9.-]+$/

/** The declaration itself; what it promises is tested by the other themes. */
export const capabilityCases: readonly ConformanceCase[] = [
  // KW-BIND-6
  {
    id: 'capabilities.complete',
    proves: 'every capability is declared, with a value of its kind',
    negative: false,
    run: async ({ capabilities }) => {
      for (const name of flags) expectThat(typeof capabilities[name] === 'boolean', `${name} is not declared`)
      for (const [name, allowed] of choices) {
        expectThat(allowed.includes(String(capabilities[name])), `${name} has no known value`)
      }
      for (const name of ['maxBatchKeys', 'maxConcurrentCalls'] as const) {
        const count = capabilities[name]
        expectThat(Number.isSafeInteger(count) && count >= 1, `${name} is no count`)
      }
    },
  },
  {
    id: 'capabilities.algorithms',
    proves: 'algorithm tags name the wrap and the binding, in the form of the registry, each once',
    negative: false,
    run: async ({ capabilities: { algorithms } }) => {
      expectThat(algorithms.length > 0, 'no algorithm is declared')
      expectThat(new Set(algorithms).size === algorithms.length, 'an algorithm is declared twice')
      for (const algorithm of algorithms) {
        const fits = algorithmGrammar.test(algorithm) && algorithm.length <= limits.algorithmBytes
        expectThat(fits, `${JSON.stringify(algorithm)} is no tag of the registry`)
      }
    },
  },
  {
    id: 'capabilities.stable',
    proves: 'two KEKs over one key declare the same and have the same canonical reference',
    negative: false,
    run: async ({ reference, capabilities, anew }) => {
      const other = await anew().connect()
      expectThat(other.reference === reference, 'two references for one key')
      expectThat(
        JSON.stringify(other.capabilities) === JSON.stringify(capabilities),
        'two declarations for one key',
      )
    },
  },
  {
    id: 'capabilities.two-keys',
    proves: 'two keys have two canonical references',
    negative: true,
    run: async ({ reference, second }) => {
      expectThat((await second.connect()).reference !== reference, 'two keys share one reference')
    },
  },
  {
    id: 'capabilities.reference-size',
    proves: 'the canonical reference fits a slot: 1 to 2,048 bytes of well-formed text',
    negative: false,
    run: async ({ reference }) => {
      const size = Buffer.byteLength(reference)
      expectThat(size >= 1 && size <= limits.referenceBytes, 'the reference fits no slot')
      expectThat(reference.isWellFormed(), 'the reference is not well-formed')
    },
  },
  {
    id: 'capabilities.version-agreement',
    proves: 'a KEK whose unwrap needs a version has a wrap that tells it',
    negative: true,
    needs: need.versionToUnwrap,
    run: async ({ capabilities }) => {
      expectThat(capabilities.tellsVersionOnWrap, 'unwrap needs a version that wrap never tells')
    },
  },
  // KW-REG-3
  {
    id: 'capabilities.public-key-declared',
    proves: 'a wrap by RSA is declared as one that the public key alone can make',
    negative: true,
    needs: need.holderWrap,
    run: async ({ capabilities: { algorithms } }) => {
      expectThat(!algorithms.some((tag) => tag.includes('rsa')), 'RSA is declared as a wrap of key holders')
    },
  },
  {
    id: 'capabilities.forgery-works',
    proves:
      'where the public key wraps, a slot made without any permission unwraps: that is what is declared',
    negative: false,
    needs: need.publicKeyWrap,
    abilities: ['forge'],
    run: async ({ first, reference, stage }) => {
      const dataKey = newDataKey()
      const forged = await stage.forge?.(dataKey, usualContext)
      if (forged === undefined) return
      expectSameBytes(await unwrapSlot(first, { ...forged, reference }), dataKey, 'the forged slot')
    },
  },
  // KW-REG-3
  {
    id: 'capabilities.forgery-refused',
    proves: 'where only holders of the permission wrap, a slot made with public material alone is refused',
    negative: true,
    needs: need.holderWrap,
    abilities: ['forge'],
    run: async ({ first, reference, stage }) => {
      const forged = await stage.forge?.(newDataKey(), usualContext)
      if (forged === undefined) return
      await expectRefusal(['unwrap-failed', 'unsupported'], () => unwrapSlot(first, { ...forged, reference }))
    },
  },
]
