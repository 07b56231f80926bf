import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type FileStore, nodeFileStore, type StoreFile } from '../src/file-store.ts'
import { inspectFile, openFile, resealFile, rewrapFile, sealFile, verifyFile } from '../src/index.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

type FileCall = Exclude<keyof StoreFile, 'facts'>

/** A store in which one call fails: of the store itself, or of the files that are written. */
function faulty(call: keyof FileStore | FileCall, errno: string, after = 0): FileStore {
  let left = after
  const fail = (): void => {
    if (left-- === 0) throw Object.assign(new Error(errno), { code: errno })
  }
  const wrap = (file: StoreFile): StoreFile => ({
    ...file,
    ...(call in file && {
      [call]: async (...args: never[]) => {
        fail()
        return (file[call as FileCall] as (...args: never[]) => Promise<unknown>)(...args)
      },
    }),
  })
  const store: FileStore = {
    ...nodeFileStore,
    create: async (path) => wrap(await nodeFileStore.create(path)),
    openForUpdating: async (path) => wrap(await nodeFileStore.openForUpdating(path)),
  }
  if (!(call in nodeFileStore)) return store
  const real = nodeFileStore[call as keyof FileStore] as (...args: never[]) => Promise<unknown>
  return {
    ...store,
    [call]: async (...args: never[]) => {
      fail()
      return real(...args)
    },
  }
}

async function sealedFolder(): Promise<string> {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 3_000_000)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  return folder
}

test.each([
  ['ENOSPC', 'storage-full'],
  ['EDQUOT', 'storage-full'],
  ['EROFS', 'storage-read-only'],
  ['EACCES', 'storage-denied'],
  ['EPERM', 'storage-denied'],
  ['EIO', 'storage-failed'],
  ['ENOENT', 'storage-not-found'],
  ['EEXIST', 'storage-exists'],
])('a write that answers %s is %s, and nothing is left', async (errno, code) => {
  const folder = await sealedFolder()
  const store = faulty('write', errno, 1)
  const sealing = sealFile(join(folder, 'p'), join(folder, 't'), { keys: ringOf('a'), store })
  await expect(sealing).rejects.toMatchObject({ code, details: { field: 'target' } })
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test.each([
  'makeFolder',
  'create',
  'setMode',
  'sync',
  'close',
  'link',
  'remove',
  'syncFolder',
  'realPath',
] as const)('when %s fails, neither a seal nor an open leaves anything', async (call) => {
  const folder = await sealedFolder()
  for (const work of [
    () => sealFile(join(folder, 'p'), join(folder, 't'), { keys: ringOf('a'), store: faulty(call, 'EIO') }),
    () => openFile(join(folder, 's'), join(folder, 'o'), { keys: ringOf('a'), store: faulty(call, 'EIO') }),
  ]) {
    await expect(work()).rejects.toMatchObject({ code: 'storage-failed', details: { field: 'target' } })
  }
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('where a file system knows no second names, a target still appears, and a taken name still is refused', async () => {
  const folder = await sealedFolder()
  const options = (): Parameters<typeof sealFile>[2] => ({
    keys: ringOf('a'),
    store: faulty('link', 'ENOTSUP'),
  })
  await sealFile(join(folder, 'p'), join(folder, 't'), options())
  await verifyFile(join(folder, 't'), { keys: ringOf('a') })
  const again = sealFile(join(folder, 'p'), join(folder, 't'), options())
  await expect(again).rejects.toMatchObject({ code: 'storage-exists' })
  expect(readdirSync(folder).sort()).toEqual(['p', 's', 't'])
})

test.each(['write', 'sync', 'rename'] as const)(
  'a reseal whose %s fails leaves the file as it was',
  async (call) => {
    const folder = await sealedFolder()
    const path = join(folder, 's')
    const before = readFileSync(path)
    // The claim to the lock is no draft: it is neither written nor synced.
    const resealing = resealFile(path, { keys: ringOf('a'), store: faulty(call, 'ENOSPC') })
    await expect(resealing).rejects.toMatchObject({ code: 'storage-full', details: { field: 'path' } })
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['p', 's'])
  },
)

// KW-REW-10
test.each([
  ['write', 0, 1],
  ['sync', 0, 2],
  ['write', 1, 2],
  ['sync', 1, 2],
] as const)(
  'a rewrap whose %s number %i fails writes nothing more and loses nothing',
  async (call, after, generation) => {
    const folder = await sealedFolder()
    const path = join(folder, 's')
    const rewrapping = rewrapFile(path, {
      from: memoryKek('a'),
      to: memoryKek('b'),
      store: faulty(call, 'EIO', after),
    })
    await expect(rewrapping).rejects.toMatchObject({ code: 'storage-failed' })
    const { pages } = await inspectFile(path)
    expect(pages?.generation).toBe(generation)
    expect(pages?.unfinished).toBe(generation === 2 && !(call === 'sync' && after === 1))
    await verifyFile(path, { keys: ringOf('a', 'b') })
    await rewrapFile(path, { from: [memoryKek('a'), memoryKek('b')], to: memoryKek('b') })
    await verifyFile(path, { keys: ringOf('b') })
  },
)

// KW-REW-9
test('a page that reads back otherwise than it was written ends the rewrap before the old page goes', async () => {
  const folder = await sealedFolder()
  const path = join(folder, 's')
  const store: FileStore = {
    ...nodeFileStore,
    async openForUpdating(name) {
      const file = await nodeFileStore.openForUpdating(name)
      return {
        ...file,
        write: async (bytes, position) => {
          const damaged = Buffer.from(bytes)
          damaged.writeUInt8((damaged[20] ?? 0) ^ 1, 20)
          return file.write(damaged, position)
        },
      }
    },
  }
  const rewrapping = rewrapFile(path, { from: memoryKek('a'), to: memoryKek('b'), store })
  await expect(rewrapping).rejects.toMatchObject({ code: 'storage-failed' })
  await verifyFile(path, { keys: ringOf('a') })
})

/** A small file system of its own where this process may mount one. */
function mounted(options: string): string | undefined {
  const folder = join(testFolder(), 'mount')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', [folder]))
  return folder
}

test('on a full disk (a tmpfs of 1 MiB where mounting is allowed, else the fault at the seam) nothing is lost', async () => {
  const folder = await sealedFolder()
  const disk = mounted('size=1m')
  const target = join(disk ?? folder, 't')
  const store = disk === undefined ? faulty('write', 'ENOSPC', 1) : undefined
  const options = { keys: ringOf('a'), store }
  for (const work of [
    () => sealFile(join(folder, 'p'), target, options),
    () => openFile(join(folder, 's'), target, options),
  ]) {
    await expect(work()).rejects.toMatchObject({ code: 'storage-full', details: { field: 'target' } })
    if (store !== undefined) break
  }
  expect(readdirSync(disk ?? folder)).toEqual(disk === undefined ? ['p', 's'] : [])
})

test('on a read-only disk (a tmpfs where mounting is allowed, else the fault at the seam) nothing is lost', async () => {
  const folder = await sealedFolder()
  const disk = mounted('size=8m')
  const path = join(disk ?? folder, 'r')
  await sealFile(join(folder, 'p'), path, { keys: ringOf('a') })
  if (disk !== undefined) execFileSync('mount', ['-o', 'remount,ro', disk])
  const store = disk === undefined ? faulty('makeFolder', 'EROFS') : undefined
  const before = readFileSync(path)
  for (const work of [
    () => rewrapFile(path, { from: memoryKek('a'), to: memoryKek('b'), store }),
    () => resealFile(path, { keys: ringOf('a'), store }),
    () => sealFile(join(folder, 'p'), `${path}2`, { keys: ringOf('a'), store }),
  ]) {
    await expect(work()).rejects.toMatchObject({ code: 'storage-read-only' })
    if (store !== undefined) break
  }
  expect(readFileSync(path).equals(before)).toBe(true)
  await verifyFile(path, { keys: ringOf('a') })
})
