import { createHash } from 'node:crypto'
import type { KekDriver, KeyContext } from '@keywright/core'
import { keyContext } from '../../src/context.ts'
import { MemoryServiceError } from '../../src/memory/index.ts'
import type { Mutant } from './mutant.ts'

type Pairs = Readonly<Record<string, string>>

/** Binds something else than the context it was given. */
const binds =
  (change: (context: KeyContext) => KeyContext) =>
  (driver: KekDriver): Partial<KekDriver> => ({
    wrapKey: (request) => driver.wrapKey({ ...request, context: change(request.context) }),
    unwrapKey: (request) => driver.unwrapKey({ ...request, context: change(request.context) }),
  })

const bindsPairs = (change: (pairs: Pairs) => Pairs): ReturnType<typeof binds> =>
  binds((context) => ({ ...context, pairs: change(context.pairs) }))

/** Takes the context of the last wrap for the one asked for, where it thinks that they match. */
const forgives =
  (matches: (asked: Pairs, wrapped: Pairs) => boolean) =>
  (driver: KekDriver): Partial<KekDriver> => {
    let last = keyContext()
    return {
      wrapKey: (request) => {
        last = request.context
        return driver.wrapKey(request)
      },
      unwrapKey: (request) => {
        const context = matches(request.context.pairs, last.pairs) ? last : request.context
        return driver.unwrapKey({ ...request, context })
      },
    }
  }

const within = (inner: Pairs, outer: Pairs): boolean =>
  Object.entries(inner).every(([name, value]) => outer[name] === value)
const isEmpty = (pairs: Pairs): boolean => Object.keys(pairs).length === 0
const mapped = (pairs: Pairs, change: (pair: [string, string]) => [string, string]): Pairs =>
  Object.fromEntries(Object.entries(pairs).map(change))

/** Refuses contexts that it should serve. */
const refuses =
  (refused: (pairs: Pairs) => boolean) =>
  (driver: KekDriver): Partial<KekDriver> => ({
    wrapKey: (request) => {
      if (refused(request.context.pairs)) throw new MemoryServiceError('BadRequest')
      return driver.wrapKey(request)
    },
  })

/** Contexts that are bound loosely, elsewhere, or not at all. */
export const bindingMutants: readonly Mutant[] = [
  { name: 'ignores the context', caughtBy: 'binding.wrong-value', driver: binds(() => keyContext()) },
  { name: 'takes none for any', caughtBy: 'binding.no-context', driver: forgives(isEmpty) },
  {
    name: 'checks only the pairs that are asked',
    caughtBy: 'binding.missing-pair',
    driver: forgives((asked, wrapped) => !isEmpty(asked) && within(asked, wrapped)),
  },
  {
    name: 'checks only the pairs that were wrapped',
    caughtBy: 'binding.extra-pair',
    driver: forgives((asked, wrapped) => !isEmpty(wrapped) && within(wrapped, asked)),
  },
  {
    name: 'binds nothing where nothing was wrapped',
    caughtBy: 'binding.extra-pair-on-none',
    driver: forgives((_, wrapped) => isEmpty(wrapped)),
  },
  {
    name: 'sorts the values',
    caughtBy: 'binding.swapped-values',
    driver: bindsPairs((pairs) => {
      const values = Object.values(pairs).sort()
      return Object.fromEntries(
        Object.keys(pairs)
          .sort()
          .map((name, index) => [name, values[index] ?? '']),
      )
    }),
  },
  {
    name: 'glues names to values',
    caughtBy: 'binding.moved-boundary',
    driver: bindsPairs((pairs) => ({ glued: Object.entries(pairs).sort().flat().join('') })),
  },
  {
    name: 'drops empty values',
    caughtBy: 'binding.empty-value',
    driver: bindsPairs((pairs) =>
      Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== '')),
    ),
  },
  {
    name: 'lower-cases names',
    caughtBy: 'binding.letter-case',
    driver: bindsPairs((pairs) => mapped(pairs, ([name, value]) => [name.toLowerCase(), value])),
  },
  {
    name: 'normalises values',
    caughtBy: 'binding.normalisation',
    driver: bindsPairs((pairs) => mapped(pairs, ([name, value]) => [name, value.normalize()])),
  },
  {
    name: 'assigns pairs to an object',
    caughtBy: 'binding.prototype-name',
    driver: bindsPairs((pairs) => {
      const copy: Record<string, string> = {}
      for (const [name, value] of Object.entries(pairs)) copy[name] = value
      return copy
    }),
  },
  {
    name: 'ignores the role',
    caughtBy: 'binding.role',
    driver: binds(({ pairs }) => keyContext(pairs, 'dek')),
  },
  {
    name: 'sends the digest for the map',
    caughtBy: 'binding.pairs-reach-the-service',
    driver: binds((context) => ({
      ...context,
      pairs: { digest: Buffer.from(context.digest).toString('hex') },
    })),
  },
  {
    name: 'hashes the pairs itself',
    caughtBy: 'binding.digest-reaches-the-service',
    variant: { binding: 'native-bytes' },
    driver: binds((context) => {
      const text = JSON.stringify([context.role, Object.entries(context.pairs).sort()])
      return { ...context, digest: new Uint8Array(createHash('sha256').update(text).digest()) }
    }),
  },
  {
    name: 'binds the order of the pairs',
    caughtBy: 'binding.order-of-pairs',
    driver: bindsPairs((pairs) => ({ text: JSON.stringify(Object.entries(pairs)) })),
  },
  {
    name: 'binds what it declares not to bind',
    caughtBy: 'binding.only-what-is-declared',
    driver: ({ capabilities }) => ({ capabilities: { ...capabilities, contextBinding: 'envelope' } }),
  },
  { name: 'wants a context', caughtBy: 'round-trip.empty-context', driver: refuses(isEmpty) },
  {
    name: 'wants a small context',
    caughtBy: 'round-trip.largest-context',
    driver: refuses((pairs) => JSON.stringify(pairs).length > 1000),
  },
  {
    name: 'wants ASCII',
    caughtBy: 'round-trip.odd-names',
    driver: refuses((pairs) => !/^[ -~]*$/.test(JSON.stringify(pairs))),
  },
]
