import type { KekDriver } from '@keywright/core'
import { keyContext } from '../../src/context.ts'
import { MemoryServiceError } from '../../src/memory/index.ts'
import type { Mutant } from './mutant.ts'

type Generate = NonNullable<KekDriver['generateDataKey']>
type Rewrap = NonNullable<KekDriver['rewrapKey']>

const generates =
  (change: (generate: Generate) => Generate) =>
  ({ generateDataKey }: KekDriver): Partial<KekDriver> =>
    generateDataKey === undefined ? {} : { generateDataKey: change(generateDataKey) }

const rewraps =
  (change: (rewrap: Rewrap, driver: KekDriver) => Rewrap) =>
  (driver: KekDriver): Partial<KekDriver> =>
    driver.rewrapKey === undefined ? {} : { rewrapKey: change(driver.rewrapKey, driver) }

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))

/** Generation and server-side rewrap. */
export const optionalMethodMutants: readonly Mutant[] = [
  {
    name: 'generates one key and wraps another',
    caughtBy: 'generation.unwraps',
    driver: generates((generate) => async (request) => ({ ...(await generate(request)), dataKey: random() })),
  },
  {
    name: 'generates one key for ever',
    caughtBy: 'generation.fresh',
    driver: generates((generate) => {
      let once: ReturnType<Generate> | undefined
      return async (request) => {
        once ??= generate(request)
        const answer = await once
        return { ...answer, dataKey: answer.dataKey.slice() }
      }
    }),
  },
  {
    name: 'lets callers side by side share a generated key',
    caughtBy: 'concurrency.generation',
    driver: generates((generate) => {
      let pending: ReturnType<Generate> | undefined
      return async (request) => {
        pending ??= generate(request).finally(() => {
          pending = undefined
        })
        const answer = await pending
        return { ...answer, dataKey: answer.dataKey.slice() }
      }
    }),
  },
  {
    name: 'generates without the context',
    caughtBy: 'generation.binds-context',
    driver: (driver) => ({
      ...generates((generate) => (request) => generate({ ...request, context: keyContext() }))(driver),
      unwrapKey: async (request) => {
        try {
          return await driver.unwrapKey(request)
        } catch {
          return driver.unwrapKey({ ...request, context: keyContext() })
        }
      },
    }),
  },
  {
    name: 'pads a short generated key',
    caughtBy: 'generation.checks-length',
    driver: generates((generate) => async (request) => {
      const answer = await generate(request)
      const dataKey = new Uint8Array(32)
      dataKey.set(answer.dataKey)
      return { ...answer, dataKey }
    }),
  },
  {
    name: 'generates undeclared',
    caughtBy: 'generation.not-declared',
    variant: { generatesDataKeys: false },
    kek: (kek) => ({
      generateDataKey: async ({ context }) => {
        const dataKey = random()
        return { ...(await kek.wrapKey({ dataKey, context })), dataKey }
      },
    }),
  },
  {
    name: 'only renames on rewrap',
    caughtBy: 'rewrap.moves',
    driver: rewraps((rewrap) => async (request) => ({
      ...(await rewrap(request)),
      wrapped: request.wrapped,
    })),
  },
  {
    name: 'names a version of its own on rewrap',
    caughtBy: 'rewrap.same-as-fall-back',
    driver: rewraps((rewrap) => async (request) => ({ ...(await rewrap(request)), keyVersion: '9' })),
  },
  {
    name: 'loses the binding on rewrap',
    caughtBy: 'rewrap.keeps-binding',
    driver: (driver) => ({
      ...rewraps((rewrap) => async (request) => {
        const { wrapped, keyVersion = '' } = await rewrap(request)
        const { keyRef: reference } = driver
        const { dataKey } = await driver.unwrapKey({ ...request, wrapped, reference, keyVersion })
        return driver.wrapKey({ dataKey, context: keyContext() })
      })(driver),
      unwrapKey: async (request) => {
        try {
          return await driver.unwrapKey(request)
        } catch {
          return driver.unwrapKey({ ...request, context: keyContext() })
        }
      },
    }),
  },
  {
    name: 'rewraps whatever the context',
    caughtBy: 'rewrap.checks-context',
    driver: rewraps((rewrap) => async (request) => {
      try {
        return await rewrap(request)
      } catch {
        return rewrap({ ...request, context: keyContext({ tenant: 'a' }) })
      }
    }),
  },
  {
    name: 'rewraps garbage',
    caughtBy: 'rewrap.checks-input',
    driver: rewraps((rewrap, driver) => async (request) => {
      try {
        return await rewrap(request)
      } catch {
        return driver.wrapKey({ dataKey: random(), context: request.context })
      }
    }),
  },
  {
    name: 'disables the source of a failed rewrap',
    caughtBy: 'rewrap.old-slot-survives',
    driver: (driver, { service }) =>
      rewraps((rewrap) => async (request) => {
        try {
          return await rewrap(request)
        } catch (error) {
          service.setState(request.reference, 'disabled')
          throw error
        }
      })(driver),
  },
  {
    name: 'shows the data key on rewrap',
    caughtBy: 'rewrap.shows-no-key',
    kek: (kek) => ({
      rewrapKey: async (request) => Object.assign({}, await kek.rewrapKey(request), { dataKey: random() }),
    }),
  },
  {
    name: 'rewraps under the first version',
    caughtBy: 'rewrap.uses-current-version',
    driver: rewraps((rewrap) => async (request) => ({ ...(await rewrap(request)), keyVersion: '1' })),
  },
  {
    name: 'rewraps undeclared',
    caughtBy: 'rewrap.not-declared',
    variant: { serverSideRewrap: false },
    kek: (kek) => ({ rewrapKey: ({ context }) => kek.wrapKey({ dataKey: random(), context }) }),
  },
  {
    name: 'rewraps deaf to the signal',
    caughtBy: 'cancellation.rewrap',
    kek: (kek) => ({ rewrapKey: (request) => kek.rewrapKey({ ...request, signal: undefined }) }),
  },
  {
    name: 'a bare error for what is not declared',
    caughtBy: 'errors.not-declared',
    variant: { generatesDataKeys: false },
    kek: () => ({
      generateDataKey: async () => {
        throw new MemoryServiceError('BadRequest')
      },
    }),
  },
]
