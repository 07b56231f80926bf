import type { Capabilities, Kek } from '@keywright/core'
import type { EnvelopeOperations } from './envelope-operations.ts'
import type { Ability, ConformanceStage } from './harness.ts'

/** What a case works with: two KEKs of a stage, the first one connected already. */
export interface Scene {
  readonly first: Kek
  readonly second: Kek
  /** Canonical reference of the first KEK. */
  readonly reference: string
  /** What the first KEK declares. */
  readonly capabilities: Capabilities
  /** Another KEK over the first key, not connected; closed after the case. */
  readonly anew: () => Kek
  readonly stage: ConformanceStage
  readonly fromUri: (uri: string) => Kek
  readonly envelope: EnvelopeOperations
  /** The scheme that the harness names. */
  readonly scheme: string
}

/** A condition on what is declared, with the words for a report. */
export interface CapabilityNeed {
  /** Completes "needs …". */
  readonly words: string
  readonly holds: (capabilities: Capabilities) => boolean
}

/** One thing that every provider must do, or must refuse. */
export interface ConformanceCase {
  /** Theme and name, `binding.wrong-value`; never changes once published. */
  readonly id: string
  /** One sentence that is true of a provider which passes. */
  readonly proves: string
  /** Whether the case gives the provider something to refuse, or looks for what must not be there. */
  readonly negative: boolean
  /** The capability that admits the case; absent: every provider runs it. */
  readonly needs?: CapabilityNeed | undefined
  /** What the harness must be able to do. */
  readonly abilities?: readonly Ability[] | undefined
  /** Throws when the provider is at fault. */
  readonly run: (scene: Scene) => Promise<void>
}

/** Names of the shared conditions. */
type NeedName =
  | 'nativeBinding'
  | 'nativeMap'
  | 'nativeBytes'
  | 'envelopeBinding'
  | 'tellsKey'
  | 'hidesKey'
  | 'tellsVersionOnWrap'
  | 'hidesVersionOnWrap'
  | 'tellsVersionOnUnwrap'
  | 'hidesVersionOnUnwrap'
  | 'versionToUnwrap'
  | 'noVersionToUnwrap'
  | 'versionMatters'
  | 'generation'
  | 'noGeneration'
  | 'boundGeneration'
  | 'rewrap'
  | 'noRewrap'
  | 'boundRewrap'
  | 'publicKeyWrap'
  | 'holderWrap'

/** Conditions that several themes share. */
export const need: Readonly<Record<NeedName, CapabilityNeed>> = {
  nativeBinding: {
    words: 'a native context binding',
    holds: ({ contextBinding }) => contextBinding !== 'envelope',
  },
  nativeMap: {
    words: 'a native map binding',
    holds: ({ contextBinding }) => contextBinding === 'native-map',
  },
  nativeBytes: {
    words: 'a native bytes binding',
    holds: ({ contextBinding }) => contextBinding === 'native-bytes',
  },
  envelopeBinding: {
    words: 'a binding by the envelope alone',
    holds: ({ contextBinding }) => contextBinding === 'envelope',
  },
  tellsKey: { words: 'answers that name the key', holds: ({ tellsKey }) => tellsKey },
  hidesKey: { words: 'answers that do not name the key', holds: ({ tellsKey }) => !tellsKey },
  tellsVersionOnWrap: {
    words: 'a version told on wrap',
    holds: ({ tellsVersionOnWrap }) => tellsVersionOnWrap,
  },
  hidesVersionOnWrap: {
    words: 'no version told on wrap',
    holds: ({ tellsVersionOnWrap }) => !tellsVersionOnWrap,
  },
  tellsVersionOnUnwrap: {
    words: 'a version told on unwrap',
    holds: ({ tellsVersionOnUnwrap }) => tellsVersionOnUnwrap,
  },
  hidesVersionOnUnwrap: {
    words: 'no version told on unwrap',
    holds: ({ tellsVersionOnUnwrap }) => !tellsVersionOnUnwrap,
  },
  versionToUnwrap: {
    words: 'an unwrap that needs the version',
    holds: ({ needsVersionToUnwrap }) => needsVersionToUnwrap,
  },
  noVersionToUnwrap: {
    words: 'an unwrap that needs no version',
    holds: ({ needsVersionToUnwrap }) => !needsVersionToUnwrap,
  },
  versionMatters: {
    words: 'an unwrap that uses or tells the version',
    holds: ({ needsVersionToUnwrap, tellsVersionOnUnwrap }) => needsVersionToUnwrap || tellsVersionOnUnwrap,
  },
  generation: { words: 'data key generation', holds: ({ generatesDataKeys }) => generatesDataKeys },
  noGeneration: { words: 'no data key generation', holds: ({ generatesDataKeys }) => !generatesDataKeys },
  boundGeneration: {
    words: 'data key generation with a native context binding',
    holds: ({ generatesDataKeys, contextBinding }) => generatesDataKeys && contextBinding !== 'envelope',
  },
  rewrap: { words: 'a server-side rewrap', holds: ({ serverSideRewrap }) => serverSideRewrap },
  noRewrap: { words: 'no server-side rewrap', holds: ({ serverSideRewrap }) => !serverSideRewrap },
  boundRewrap: {
    words: 'a server-side rewrap with a native context binding',
    holds: ({ serverSideRewrap, contextBinding }) => serverSideRewrap && contextBinding !== 'envelope',
  },
  publicKeyWrap: {
    words: 'a wrap by public key',
    holds: ({ wrapAuthenticity }) => wrapAuthenticity === 'public-key',
  },
  holderWrap: {
    words: 'a wrap that only holders of the permission can make',
    holds: ({ wrapAuthenticity }) => wrapAuthenticity === 'kek-holder',
  },
}
