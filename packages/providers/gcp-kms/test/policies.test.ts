import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Kek, KeywrightError, keyring, open, rewrap, seal } from '@keywright/core'
import { decodeHeader } from '@keywright/core/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { codeOf, key, otherKey, type Scene, startScene } from './scene.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

/** The permissions of each role that the README shows, by its title. */
const roles: ReadonlyMap<string, readonly string[]> = new Map(
  [...readme.matchAll(/^```yaml\ntitle: Keywright (.*)\n([^`]*)```$/gm)].map(([, title = '', text = '']) => [
    title,
    [...text.matchAll(/^- (\S+)$/gm)].map(([, permission = '']) => permission),
  ]),
)

/** What each method takes, by Google's own documentation of permissions. */
const permissions: Readonly<Record<string, string>> = {
  Encrypt: 'cloudkms.cryptoKeyVersions.useToEncrypt',
  Decrypt: 'cloudkms.cryptoKeyVersions.useToDecrypt',
  GetCryptoKey: 'cloudkms.cryptoKeys.get',
  ListCryptoKeyVersions: 'cloudkms.cryptoKeyVersions.list',
}

let scene: Scene

beforeEach(async () => {
  scene = await startScene()
})

afterEach(() => scene.close())

const context = { tenant: 'a' }

async function sealedBy(kek: Kek): Promise<Uint8Array> {
  return seal('for some eyes only', { keys: keyring({ seal: [kek] }), context })
}

interface Task {
  readonly title: string
  /** Made before the role counts. */
  readonly prepare: () => Promise<Uint8Array>
  readonly run: (sealed: Uint8Array) => Promise<unknown>
  /** Asked too, and refused without harm. */
  readonly spared?: readonly string[]
}

const none = async (): Promise<Uint8Array> => new Uint8Array(0)

const tasks: readonly Task[] = [
  { title: 'seal only', prepare: none, run: () => sealedBy(scene.kek()) },
  {
    title: 'open only',
    prepare: () => sealedBy(scene.kek()),
    run: (sealed) => open(sealed, { keys: keyring({ open: [scene.kek()] }), context }),
  },
  {
    title: 'rewrap only',
    prepare: () => sealedBy(scene.kek()),
    run: (sealed) => rewrap(sealed, { from: scene.kek(), to: scene.kek({ key: otherKey }) }),
  },
  {
    title: 'rewrap to a new version',
    prepare: async () => {
      const sealed = await sealedBy(scene.kek())
      await scene.admin.rotate()
      return sealed
    },
    run: async (sealed) => {
      const kek = scene.kek()
      const { envelope = sealed } = await rewrap(sealed, { from: kek, to: kek })
      expect(versionsOf(envelope)).toEqual(['2'])
    },
    spared: ['cloudkms.cryptoKeyVersions.list'],
  },
  {
    title: 'describe',
    prepare: async () => {
      await scene.admin.rotate()
      return none()
    },
    run: async () => {
      const { versions } = await scene.kek().describeKey()
      // The primary version is told with the key already; the list of two takes the second permission.
      if (versions.length < 2) throw new KeywrightError('access-denied', 'no list')
    },
  },
]

/** The versions that the slots of an envelope name. */
function versionsOf(envelope: Uint8Array): readonly string[] {
  const { groups } = decodeHeader(envelope).header.keyTable
  return groups.flatMap(({ slots }) => slots.map(({ keyVersion }) => keyVersion))
}

test('the README shows a role for each task, and no other', () => {
  expect([...roles.keys()]).toEqual(tasks.map(({ title }) => title))
})

for (const { title, prepare, run, spared = [] } of tasks) {
  const granted = roles.get(title) ?? []

  test(`${title}: the role lists exactly what the service was asked`, async () => {
    const sealed = await prepare()
    scene.emulator.calls.clear()
    await run(sealed)
    const asked = scene.emulator.calls.operations().map((operation) => permissions[operation])
    expect([...granted, ...spared].sort()).toEqual(asked.sort())
  })

  test(`${title}: the role is enough`, async () => {
    const sealed = await prepare()
    scene.emulator.grants.limit('anonymous', granted)
    await run(sealed)
  })

  test.each(granted)(`${title}: without %s it is access-denied`, async (permission) => {
    const sealed = await prepare()
    const others = granted.filter((other) => other !== permission)
    scene.emulator.grants.limit('anonymous', others)
    expect(await codeOf(() => run(sealed))).toBe('access-denied')
  })
}

test('a rewrap only decrypts with the old key: there the role that opens is enough', async () => {
  const sealed = await sealedBy(scene.kek())
  scene.emulator.calls.clear()
  await rewrap(sealed, { from: scene.kek(), to: scene.kek({ key: otherKey }) })
  const asked = (of: string): readonly string[] =>
    scene.emulator.calls.latest.filter((call) => call.key === of).map(({ operation }) => operation)
  expect(asked(key)).toEqual(['Decrypt'])
  expect(asked(otherKey)).toEqual(['Encrypt', 'Decrypt'])
})
