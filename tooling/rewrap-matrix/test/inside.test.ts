import { expect, test } from 'vitest'
import type { KeyManager } from '../src/key-managers/key-manager.ts'
import { countOf, type Destination, insideTests } from './inside-tests.ts'
import { started } from './started.ts'

const everyday = await started()
const able = [...everyday.managers.values()].filter(({ rewrapsTo }) => rewrapsTo !== undefined)

test('there are key managers that rewrap inside', () => {
  const names = able.map(({ scheme }) => scheme)
  expect(names).toEqual(expect.arrayContaining(['aws-kms', 'vault-transit']))
})

test.each(able.map((manager) => [manager.scheme, manager] as const))(
  'unwraps of %s are counted',
  (_, manager) => {
    expect(countOf(manager)?.()).toBe(0)
  },
)

insideTests(
  everyday,
  able.flatMap((manager): (readonly [KeyManager, Destination])[] => [
    ...(manager.rewrapsTo === 'other keys' ? [[manager, 'another key'] as const] : []),
    [manager, 'a new version'],
  ]),
)
