import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changePassphrase, createKey, describeKey, local, rotateKey } from '../src/index.ts'
import { choosePassphrase, derivePassphraseKey } from '../src/passphrase.ts'
import { codeOf, contextOf, keyPath, setEnvironment, temporaryFolder } from './temporary-folder.ts'

const passphrase = 'correct horse'
const scryptCostLog2 = 15
const context = contextOf(1)
const dataKey = new Uint8Array(32).fill(5)

async function guardedKey() {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder, passphrase, scryptCostLog2 })
  return { key: 'default', folder, passphrase }
}

test('a key made without further words costs two to the power of 17, and opens with its passphrase', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder, passphrase })
  const file: unknown = JSON.parse(await readFile(keyPath(folder), 'utf8'))
  expect(file).toMatchObject({ protection: { kdf: 'scrypt', n: 131_072, r: 8, p: 1 } })
  expect(await codeOf(local({ key: 'default', folder, passphrase }).connect())).toBe('no error')
})

test('a passphrase is derived as another implementation of scrypt does', async () => {
  // Made with Python 3.11's hashlib.scrypt(b'pleaseletmein', salt=bytes(range(16)), n=32768, r=8, p=1, dklen=32).
  const salt = '000102030405060708090a0b0c0d0e0f'
  const read = choosePassphrase('pleaseletmein')
  if (read === undefined) throw new Error('a passphrase was given')
  const key = await derivePassphraseKey(read, {
    kind: 'passphrase',
    kdf: 'scrypt',
    n: 32_768,
    r: 8,
    p: 1,
    salt,
  })
  expect(Buffer.from(key).toString('hex')).toBe(
    '186e14cb910dac4f2a1bc3d1782fb5b4fae093ea02937860e081f41fbac1b804',
  )
})

test('a wrong passphrase and a missing one are unauthenticated', async () => {
  setEnvironment({ KEYWRIGHT_PASSPHRASE: undefined, KEYWRIGHT_PASSPHRASE_FILE: undefined })
  const { key, folder } = await guardedKey()
  expect(await codeOf(local({ key, folder, passphrase: 'wrong' }).connect())).toBe('unauthenticated')
  expect(await codeOf(local({ key, folder }).connect())).toBe('unauthenticated')
  expect(await codeOf(local({ key, folder, passphrase: false }).connect())).toBe('unauthenticated')
  expect(await codeOf(rotateKey({ key, folder, passphrase: 'wrong' }))).toBe('unauthenticated')
})

test('a changed salt, cost, state, date or version count in the file is unauthenticated', async () => {
  const request = await guardedKey()
  await rotateKey(request)
  const path = keyPath(request.folder)
  const text = await readFile(path, 'utf8')
  const flipped = (digit: string): string => (digit === '0' ? '1' : '0')
  for (const changed of [
    text.replace(/(?<="salt": ")./, flipped),
    text.replace('"n": 32768', '"n": 65536'),
    text.replace('"state": "enabled"', '"state": "disabled"'),
    text.replace(/(?<="createdAt": "2)./, flipped),
    text.replace(/(?<="material": ")./, flipped),
  ]) {
    expect(changed).not.toBe(text)
    await writeFile(path, changed)
    expect(await codeOf(local(request).connect())).toBe('unauthenticated')
  }
})

test('a file without passphrase is refused where one is configured', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  expect(await codeOf(local({ key: 'default', folder, passphrase }).connect())).toBe('configuration')
  setEnvironment({ KEYWRIGHT_PASSPHRASE: passphrase })
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
  expect(await codeOf(local({ key: 'default', folder, passphrase: false }).connect())).toBe('no error')
})

test('a passphrase is the same in every Unicode spelling', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder, passphrase: 'A\u030angstro\u0308m \ufb01', scryptCostLog2 })
  expect(await codeOf(local({ key: 'default', folder, passphrase: 'Ångström fi' }).connect())).toBe(
    'no error',
  )
})

test.each([
  ['empty', ''],
  ['ill-formed', 'a\ud800'],
  ['too long', 'x'.repeat(1025)],
])('a passphrase that is %s is refused', async (_, bad) => {
  const folder = await temporaryFolder()
  expect(await codeOf(createKey({ key: 'default', folder, passphrase: bad }))).toBe('configuration')
  expect(await codeOf(describeKey({ key: 'default', folder }))).toBe('key-not-found')
})

test('a function is asked for the passphrase, and what it throws makes no key', async () => {
  const { key, folder } = await guardedKey()
  expect(await codeOf(local({ key, folder, passphrase: async () => passphrase }).connect())).toBe('no error')
  const failing = (): string => {
    throw new Error('no terminal')
  }
  expect(await codeOf(local({ key, folder, passphrase: failing }).connect())).toBe('unknown')
})

test('the environment gives the passphrase, itself or by the name of a file', async () => {
  const { key, folder } = await guardedKey()
  const file = join(folder, 'passphrase')
  await writeFile(file, `${passphrase}\r\n`)
  setEnvironment({ KEYWRIGHT_PASSPHRASE: passphrase, KEYWRIGHT_PASSPHRASE_FILE: undefined })
  expect(await codeOf(local({ key, folder }).connect())).toBe('no error')
  setEnvironment({ KEYWRIGHT_PASSPHRASE: undefined, KEYWRIGHT_PASSPHRASE_FILE: file })
  expect(await codeOf(local({ key, folder }).connect())).toBe('no error')
})

test('an environment that is empty, double, or names no readable passphrase is refused', async () => {
  const folder = await temporaryFolder()
  const create = () => codeOf(createKey({ key: 'default', folder, scryptCostLog2 }))
  setEnvironment({ KEYWRIGHT_PASSPHRASE: '', KEYWRIGHT_PASSPHRASE_FILE: undefined })
  expect(await create()).toBe('configuration')
  setEnvironment({ KEYWRIGHT_PASSPHRASE: 'a', KEYWRIGHT_PASSPHRASE_FILE: '/b' })
  expect(await create()).toBe('configuration')
  const file = join(folder, 'passphrase')
  setEnvironment({ KEYWRIGHT_PASSPHRASE: undefined, KEYWRIGHT_PASSPHRASE_FILE: file })
  expect(await create()).toBe('configuration')
  for (const content of [Buffer.from([0xff]), Buffer.alloc(2000, 0x61), Buffer.from('\n')]) {
    await writeFile(file, content)
    expect(await create()).toBe('configuration')
  }
})

test.each([14, 21, 15.5, Number.NaN, -1])('a cost of %d is refused', async (cost) => {
  const folder = await temporaryFolder()
  const work = createKey({ key: 'default', folder, passphrase, scryptCostLog2: cost })
  expect(await codeOf(work)).toBe('configuration')
})

test('a passphrase is given, changed and taken away without changing what was wrapped', async () => {
  const folder = await temporaryFolder()
  const request = { key: 'default', folder }
  await createKey(request)
  const { wrapped, keyVersion = '', algorithm } = await local(request).wrapKey({ dataKey, context })
  const slot = { wrapped, keyVersion, algorithm, reference: 'default', context }
  const opens = async (secret: string | false) => {
    const kek = local({ ...request, passphrase: secret })
    return codeOf(kek.unwrapKey(slot).finally(() => kek.close()))
  }
  await changePassphrase({ ...request, newPassphrase: 'first', scryptCostLog2 })
  expect([await opens('first'), await opens(false)]).toEqual(['no error', 'unauthenticated'])
  await changePassphrase({ ...request, passphrase: 'first', newPassphrase: 'second', scryptCostLog2 })
  expect([await opens('second'), await opens('first')]).toEqual(['no error', 'unauthenticated'])
  await changePassphrase({ ...request, passphrase: 'second', newPassphrase: false })
  expect([await opens(false), await opens('second')]).toEqual(['no error', 'configuration'])
})

test('a long-lived process asks again only when the passphrase was changed', async () => {
  const request = await guardedKey()
  let asked = 0
  let answer = passphrase
  const kek = local({
    ...request,
    passphrase: () => {
      asked++
      return answer
    },
  })
  await Promise.all(Array.from({ length: 10 }, () => kek.wrapKey({ dataKey, context })))
  await rotateKey(request)
  expect((await kek.wrapKey({ dataKey, context })).keyVersion).toBe('2')
  expect(asked).toBe(1)
  await changePassphrase({ ...request, newPassphrase: 'next', scryptCostLog2 })
  expect(await codeOf(kek.wrapKey({ dataKey, context }))).toBe('unauthenticated')
  answer = 'next'
  expect(await codeOf(kek.wrapKey({ dataKey, context }))).toBe('no error')
  await kek.close()
})
