import { readFile, stat, writeFile } from 'node:fs/promises'
import { createKey } from '@keywright/local'
import { expect, test } from 'vitest'
import { newPlace, succeed } from './keywright.ts'
import { pinCommands, pinUris, refusesPin } from './pin-in-uri.ts'

test('create makes a key that list and describe know, by its name or URI', async () => {
  const place = await newPlace()
  const { document } = await succeed(place.run('keys', 'create', 'local://orders', '--json'))
  expect(document).toMatchObject({
    key: 'local://orders',
    name: 'orders',
    status: 'created',
    passphrase: false,
  })
  expect((await stat(document['path'])).mode & 0o777).toBe(0o600)
  const { documents } = await succeed(place.run('keys', 'list', '--json'))
  expect(documents.map(({ key }) => key)).toEqual(['local://orders'])
  const described = await succeed(place.run('keys', 'describe', 'local://orders', '--json'))
  expect(described.document).toMatchObject({
    state: 'enabled',
    currentVersion: '1',
    protectionLevel: 'software',
  })
})

test('a key is never replaced', async () => {
  const place = await newPlace('a')
  const ended = await place.run('keys', 'create', 'a', '--json')
  expect(ended.code).toBe(1)
  expect(ended.document['error']).toMatchObject({ code: 'storage-exists' })
  expect(ended.document['error'].hint).toBeUndefined()
})

test('after rotate new files have the new version, and old ones open', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f')
  const { document } = await succeed(place.run('keys', 'rotate', 'a', '--json'))
  expect(document).toMatchObject({ status: 'rotated', currentVersion: '2' })
  await succeed(place.run('verify', 'f.kw', '--key', 'local://a'))
})

test('list shows a key file that cannot be used, and ends with its reason', async () => {
  const place = await newPlace('a', 'b')
  await writeFile(place.at('data/keys/b.json'), 'damaged')
  const { code, documents } = await place.run('keys', 'list', '--json')
  expect(code).toBe(2)
  expect(documents.map(({ key, path, error }) => [key ?? path, error?.code])).toEqual([
    ['local://a', undefined],
    ['local://b', 'configuration'],
  ])
})

test('a key that does not exist ends with exit code 4', async () => {
  const place = await newPlace()
  for (const args of [
    ['describe', 'local://x'],
    ['rotate', 'x'],
  ]) {
    expect((await place.run('keys', ...args)).code).toBe(4)
  }
})

test('a passphrase from a file guards a key, and everything that uses it needs it', async () => {
  const place = await newPlace()
  await writeFile(place.at('pass'), 'correct horse\n')
  await writeFile(place.at('other'), 'battery staple\n')
  await writeFile(place.at('f'), 'content')
  const { document } = await succeed(place.run('keys', 'create', 'a', '--passphrase-file', 'pass', '--json'))
  expect(document['passphrase']).toBe(true)
  // At the least cost, for it is paid on each use.
  const [folder, passphrase] = [place.at('data'), 'correct horse']
  await createKey({ key: 'b', folder, passphrase: () => passphrase, scryptCostLog2: 15 })
  const seal = ['seal', 'f', '--force', '--key', 'local://b'] as const
  expect((await place.run(...seal)).code).toBe(4)
  expect((await place.run(...seal, '--passphrase-file', 'other')).code).toBe(4)
  await succeed(place.run(...seal, '--passphrase-file', 'pass'))
  await succeed(place.run(...seal, '--passphrase-file', 'b=pass'))
  const env = { KEYWRIGHT_PASSPHRASE: 'correct horse' }
  await succeed(place.runWith({ env }, 'seal', 'other', '--key', 'local://a'))
  await succeed(place.runWith({ env }, 'open', 'f.kw', '--key', 'local://b', '--out', 'g'))
  expect(await readFile(place.at('g'), 'utf8')).toBe('content')
})

test('--passphrase without a terminal does not wait, it says which flag to use', async () => {
  const place = await newPlace()
  const ended = await place.run('keys', 'create', 'a', '--passphrase')
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('--passphrase-file')
})

test('a key manager that is not installed is one line with the install command', async () => {
  const place = await newPlace()
  const ended = await place.run('keys', 'describe', 'acme-kms://orders')
  expect(ended.code).toBe(2)
  expect(ended.stderr.trim().split('\n')).toHaveLength(1)
  expect(ended.stderr).toContain('npm install @keywright/acme-kms')
})

// Each spelling and each command once; CI tries every command with every spelling.
test.each([0, 1, 2])('a PIN in a key URI is refused and not repeated: spelling and command %i', (at) =>
  refusesPin(pinUris[at] ?? '', pinCommands[at]),
)
