import { posix } from 'node:path'
import type { Capabilities, KekDriver } from '@keywright/core'
import { MemoryServiceError } from '../../src/memory/index.ts'
import type { Mutant } from './mutant.ts'

const declares =
  (changes: Partial<Capabilities>) =>
  (driver: KekDriver): Partial<KekDriver> => ({ capabilities: { ...driver.capabilities, ...changes } })

const publicKey = { publicKey: true } as const
const scheme = 'memory://'

/** Wrong declarations and loose key URIs. */
export const declarationMutants: readonly Mutant[] = [
  { name: 'no call may run', caughtBy: 'capabilities.complete', driver: declares({ maxConcurrentCalls: 0 }) },
  {
    name: 'a tag of its own making',
    caughtBy: 'capabilities.algorithms',
    driver: declares({ algorithms: ['AES 256'] }),
  },
  {
    name: 'a new name at each connection',
    caughtBy: 'capabilities.stable',
    driver: ({ keyRef }) => ({ keyRef: `${keyRef}-${crypto.randomUUID()}` }),
  },
  { name: 'one name for all keys', caughtBy: 'capabilities.two-keys', driver: () => ({ keyRef: 'key' }) },
  {
    name: 'a name that fits no slot',
    caughtBy: 'capabilities.reference-size',
    driver: () => ({ keyRef: 'x'.repeat(3000) }),
  },
  {
    name: 'needs a version that it never tells',
    caughtBy: 'capabilities.version-agreement',
    variant: { versions: 'needed' },
    driver: declares({ tellsVersionOnWrap: false }),
  },
  {
    name: 'RSA declared as a wrap of key holders',
    caughtBy: 'capabilities.public-key-declared',
    variant: publicKey,
    driver: declares({ wrapAuthenticity: 'kek-holder' }),
  },
  {
    name: 'accepts forgeries undeclared',
    caughtBy: 'capabilities.forgery-refused',
    variant: publicKey,
    driver: declares({ wrapAuthenticity: 'kek-holder' }),
  },
  {
    name: 'unwraps only what it remembers to have wrapped',
    caughtBy: 'capabilities.forgery-works',
    variant: publicKey,
    driver: remembering,
  },
  { name: 'keeps its wraps in the process', caughtBy: 'round-trip.another-kek', driver: remembering },
  { name: 'another scheme', caughtBy: 'key-uris.scheme', kek: () => ({ scheme: 'memori' }) },
  {
    name: 'a reference that is no URI',
    caughtBy: 'key-uris.canonical',
    driver: ({ keyRef }) => ({ keyRef: `key ${keyRef}` }),
  },
  {
    name: 'takes any scheme',
    caughtBy: 'key-uris.other-scheme',
    fromUri: (uri, read) => read(uri.replace(/^[a-z]+:/, 'memory:')),
  },
  {
    name: 'falls back to a default key',
    caughtBy: 'key-uris.no-name',
    fromUri: (uri, read) => read(uri === scheme ? `${scheme}default` : uri),
  },
  {
    name: 'cuts a long name',
    caughtBy: 'key-uris.too-long',
    fromUri: (uri, read) => read(uri.slice(0, scheme.length + 64)),
  },
  {
    name: 'resolves the path in a name',
    caughtBy: 'key-uris.injection',
    fromUri: (uri, read) => read(scheme + posix.basename(posix.normalize(uri.slice(scheme.length)))),
  },
  {
    name: 'trims a name',
    caughtBy: 'key-uris.injection',
    fromUri: (uri, read) => read(uri.trim()),
  },
  {
    name: 'the token in the URI',
    caughtBy: 'key-uris.no-secrets',
    kek: ({ uri }, { service }) => ({ uri: `${uri}?token=${service.token}` }),
  },
]

function remembering(driver: KekDriver): Partial<KekDriver> {
  const known = new Set<string>()
  return {
    wrapKey: async (request) => {
      const answer = await driver.wrapKey(request)
      known.add(Buffer.from(answer.wrapped).toString('hex'))
      return answer
    },
    unwrapKey: (request) => {
      if (!known.has(Buffer.from(request.wrapped).toString('hex')))
        throw new MemoryServiceError('BadCiphertext')
      return driver.unwrapKey(request)
    },
  }
}
