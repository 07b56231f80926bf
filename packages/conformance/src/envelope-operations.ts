import { inspect, open, reseal, rewrap, seal } from '@keywright/core'

/** What the envelope cases do with a KEK. The suite's own tests put broken ones in their place. */
export interface EnvelopeOperations {
  readonly seal: typeof seal
  readonly open: typeof open
  readonly rewrap: typeof rewrap
  readonly reseal: typeof reseal
  readonly inspect: typeof inspect
}

/** Those of core. */
export const coreOperations: EnvelopeOperations = { seal, open, rewrap, reseal, inspect }
