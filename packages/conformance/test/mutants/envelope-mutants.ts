import { isKeywrightError, KeywrightError } from '@keywright/core'
import type { EnvelopeOperations } from '../../src/envelope-operations.ts'
import type { Mutant } from './mutant.ts'

type Open = EnvelopeOperations['open']

const opens =
  (change: (open: Open) => Open): Mutant['envelope'] =>
  ({ open }) => ({ open: change(open) })

/** Gives what was once sealed when opening fails with the code. */
const forgives =
  (...codes: readonly string[]): Mutant['envelope'] =>
  ({ seal, open }) => {
    let last = new Uint8Array(0)
    return {
      seal: (plaintext, options) => {
        last = new Uint8Array(Buffer.from(plaintext))
        return seal(plaintext, options)
      },
      open: async (envelope, options) => {
        try {
          return await open(envelope, options)
        } catch (error) {
          if (isKeywrightError(error) && codes.includes(error.code)) return last
          throw error
        }
      },
    }
  }

/** Opens under whatever context is stored. */
function trusting(open: Open): Open {
  return (envelope, { keys, associatedData }) =>
    open(envelope, { keys, associatedData, trustStoredContext: true })
}

/** What seals and opens, broken: the envelope cases must see that too. */
export const envelopeMutants: readonly Mutant[] = [
  {
    name: 'opens to other bytes',
    caughtBy: 'envelope.opens',
    envelope: opens(
      (open) =>
        async (...args) =>
          (await open(...args)).reverse(),
    ),
  },
  { name: 'trusts the stored context', caughtBy: 'envelope.another-tenant', envelope: opens(trusting) },
  {
    name: 'takes no context for any',
    caughtBy: 'envelope.no-context-stated',
    envelope: opens(
      (open) => (envelope, options) =>
        options.context === undefined ? trusting(open)(envelope, options) : open(envelope, options),
    ),
  },
  {
    name: 'compares the context after the call',
    caughtBy: 'envelope.another-tenant-no-call',
    envelope: opens((open) => async (envelope, options) => {
      await trusting(open)(envelope, options)
      return open(envelope, options)
    }),
  },
  {
    name: 'ignores the associated data',
    caughtBy: 'envelope.another-row',
    envelope: ({ seal, open }) => ({
      seal: (plaintext, options) => seal(plaintext, { ...options, associatedData: undefined }),
      open: (envelope, options) => open(envelope, { ...options, associatedData: undefined }),
    }),
  },
  {
    name: 'opens a changed body',
    caughtBy: 'envelope.changed-body',
    envelope: forgives('authentication-failed'),
  },
  { name: 'opens a cut envelope', caughtBy: 'envelope.truncated', envelope: forgives('truncated') },
  { name: 'opens without a slot', caughtBy: 'envelope.another-kek', envelope: forgives('no-matching-key') },
  {
    name: 'inspects without names',
    caughtBy: 'envelope.slot-names-key',
    envelope: ({ inspect }) => ({ inspect: async (bytes) => ({ ...(await inspect(bytes)), groups: [] }) }),
  },
  {
    name: 'inspects with the plaintext',
    caughtBy: 'envelope.inspection-shows-no-secret',
    envelope: ({ inspect, seal }) => {
      let last: unknown
      return {
        seal: (plaintext, options) => {
          last = plaintext
          return seal(plaintext, options)
        },
        inspect: async (bytes) => Object.assign({}, await inspect(bytes), { plaintext: last }),
      }
    },
  },
  {
    name: 'touches the body on rewrap',
    caughtBy: 'envelope.rewrap-and-back',
    envelope: ({ rewrap }) => ({
      rewrap: async (input, options) => {
        const result = await rewrap(input, options)
        return {
          ...result,
          envelope: result.envelope?.map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte)),
        }
      },
    }),
  },
  {
    name: 'keeps the old slot',
    caughtBy: 'envelope.rewrap-drops-old',
    envelope: ({ rewrap }) => ({ rewrap: (input, options) => rewrap(input, { ...options, step: 'add' }) }),
  },
  {
    name: 'spoils the envelope when a rewrap fails',
    caughtBy: 'envelope.failed-rewrap',
    envelope: ({ rewrap }) => ({
      rewrap: async (input, options) => {
        try {
          return await rewrap(input, options)
        } catch (error) {
          if (input instanceof Uint8Array) input.fill(0, 20)
          throw error
        }
      },
    }),
  },
  {
    name: 'drops the old slot unverified',
    caughtBy: 'envelope.pending-rewrap',
    envelope: ({ rewrap }) => ({
      rewrap: (input, options) => rewrap(input, { ...options, wrapOnly: false }),
    }),
  },
  {
    name: 'reseals nothing',
    caughtBy: 'envelope.reseal',
    envelope: ({ reseal, open }) => {
      const unchanged = async (
        ...[envelope, options]: Parameters<typeof reseal>
      ): Promise<typeof envelope> => {
        await open(envelope, options)
        return envelope
      }
      return { reseal: unchanged as typeof reseal }
    },
  },
  {
    name: 'forgets old versions of the KEK',
    caughtBy: 'envelope.survives-rotation',
    driver: (driver, { service, key }) => ({
      unwrapKey: async (request) => {
        const { versions } = await service.describe(key)
        if (versions.at(-1)?.id !== request.keyVersion) throw new KeywrightError('unwrap-failed', 'old')
        return driver.unwrapKey(request)
      },
    }),
  },
  {
    name: 'gives up at the first slot',
    caughtBy: 'envelope.other-slot-opens',
    driver: (driver, { service }) => ({
      unwrapKey: async (request) => {
        if ((await service.describe('first')).state !== 'enabled')
          throw new KeywrightError('key-disabled', 'first')
        return driver.unwrapKey(request)
      },
    }),
  },
  {
    name: 'forgets what the slots answered',
    caughtBy: 'envelope.says-what-slots-answered',
    envelope: opens((open) => async (...args) => {
      try {
        return await open(...args)
      } catch (error) {
        throw isKeywrightError(error) ? new KeywrightError(error.code, error.message) : error
      }
    }),
  },
]
