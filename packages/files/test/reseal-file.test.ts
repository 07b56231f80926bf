import {
  chmodSync,
  chownSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { keyring, open, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { nodeFileStore } from '../src/file-store.ts'
import { inspectFile, resealFile, rewrapFile, sealFile, verifyFile } from '../src/index.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const run = 1_048_576

async function sealedFile(length: number): Promise<{ path: string; bytes: Buffer }> {
  const folder = testFolder()
  const bytes = randomFile(join(folder, 'p'), length)
  const path = join(folder, 's')
  const options = { keys: ringOf('a'), context: { t: '1', secret: 'x' }, withhold: ['secret'] }
  await sealFile(join(folder, 'p'), path, { ...options, associatedData: 'row' })
  return { path, bytes }
}

const bound = { context: { t: '1', secret: 'x' }, associatedData: 'row' }

test.each([0, 16_384, run, 4 * run + 3])(
  'a file of %i bytes gets a new data key and keeps all else',
  async (length) => {
    const { path, bytes } = await sealedFile(length)
    chmodSync(path, 0o640)
    const before = await inspectFile(path)
    await resealFile(path, { keys: ringOf('a'), to: ringOf('b'), ...bound })
    const after = await inspectFile(path)
    expect(after.keyCheck).not.toBe(before.keyCheck)
    expect(after.withheldNames).toEqual(['secret'])
    expect(after.context).toEqual({ t: '1' })
    expect(statSync(path).mode & 0o777).toBe(0o640)
    const opened = await open(readFileSync(path), { keys: ringOf('b'), ...bound })
    expect(Buffer.compare(opened, bytes)).toBe(0)
    expect(readdirSync(join(path, '..')).sort()).toEqual(['p', 's'])
  },
)

test('no chunk of the new body is one of the old', async () => {
  const { path } = await sealedFile(2 * 16_384)
  const before = readFileSync(path)
  await resealFile(path, { keys: ringOf('a'), ...bound })
  const after = readFileSync(path)
  for (let at = 3 * 4096; at + 16 <= after.length; at += 4096) {
    expect(before.includes(after.subarray(at, at + 16))).toBe(false)
  }
})

test('new associated data takes the place of the old', async () => {
  const { path } = await sealedFile(100)
  await resealFile(path, { keys: ringOf('a'), ...bound, newAssociatedData: 'other row' })
  await verifyFile(path, { keys: ringOf('a'), ...bound, associatedData: 'other row' })
})

test('plaintext never reaches the disk', async () => {
  const { path, bytes } = await sealedFile(3 * run)
  const seen: Buffer[] = []
  await resealFile(path, {
    keys: ringOf('a'),
    ...bound,
    store: {
      ...nodeFileStore,
      create: async (name) => {
        const file = await nodeFileStore.create(name)
        const write = (part: Uint8Array, position: number): Promise<number> => {
          seen.push(Buffer.from(part))
          return file.write(part, position)
        }
        return { ...file, write }
      },
    },
  })
  expect(seen.length).toBeGreaterThan(3)
  for (const part of seen) {
    for (let at = 0; at < bytes.length; at += 16_384) {
      expect(part.includes(bytes.subarray(at, at + 16))).toBe(false)
    }
  }
})

test('a file that is tampered with is not replaced', async () => {
  const { path } = await sealedFile(3 * run)
  const bytes = readFileSync(path)
  bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)
  writeFileSync(path, bytes)
  const resealing = resealFile(path, { keys: ringOf('a'), ...bound })
  await expect(resealing).rejects.toMatchObject({ code: 'authentication-failed' })
  expect(readFileSync(path).equals(bytes)).toBe(true)
  expect(readdirSync(join(path, '..')).sort()).toEqual(['p', 's'])
})

test('a file that somebody writes to meanwhile is not replaced', async () => {
  const { path } = await sealedFile(4 * run)
  const bytes = readFileSync(path)
  let first = true
  const onProgress = (): void => {
    if (first) writeFileSync(path, bytes)
    first = false
  }
  const resealing = resealFile(path, { keys: ringOf('a'), ...bound, onProgress })
  await expect(resealing).rejects.toMatchObject({ code: 'conflict' })
  expect(readFileSync(path).equals(bytes)).toBe(true)
})

test('a rewrap during a reseal waits for it or is refused', async () => {
  const { path } = await sealedFile(4 * run)
  let refused: Promise<unknown> | undefined
  const onProgress = (): void => {
    refused ??= expect(
      rewrapFile(path, { from: memoryKek('a'), to: memoryKek('b'), ...bound, lockWaitMs: 0 }),
    ).rejects.toMatchObject({ code: 'conflict' })
  }
  await resealFile(path, { keys: ringOf('a'), ...bound, onProgress })
  await refused
})

test('a compact envelope in a file becomes a paged one', async () => {
  const path = join(testFolder(), 's')
  writeFileSync(path, await seal('text', { keys: ringOf('a') }))
  await resealFile(path, { keys: ringOf('a') })
  expect((await inspectFile(path)).layout).toBe('paged')
  await verifyFile(path, { keys: ringOf('a') })
})

test('a cached data key that the file has already is refused as a new one', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 5)
  const cache = { maxAgeMs: 60_000, maxMessages: 10, maxEntries: 10 }
  const keys = keyring({ seal: [memoryKek('a')], cache })
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys })
  await expect(resealFile(join(folder, 's'), { keys })).rejects.toMatchObject({ code: 'conflict' })
  keys.evict()
  await resealFile(join(folder, 's'), { keys })
})

test('a file of two names is refused, as the other would keep the old data key', async () => {
  const { path } = await sealedFile(5)
  linkSync(path, `${path}2`)
  const resealing = resealFile(path, { keys: ringOf('a'), ...bound })
  await expect(resealing).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('the owner is kept where this process may give files away, else the file is its own already', async () => {
  const { path } = await sealedFile(5)
  const root = process.getuid?.() === 0
  if (root) chownSync(path, 4711, 4712)
  const { uid, gid } = statSync(path)
  await resealFile(path, { keys: ringOf('a'), ...bound })
  expect(statSync(path)).toMatchObject({ uid, gid })
})

test('a file that is replaced by a rename while it is resealed is a conflict, and the new one stays', async () => {
  const { path } = await sealedFile(10)
  writeFileSync(`${path}-new`, 'newer')
  const onProgress = (): void => renameSync(`${path}-new`, path)
  const resealing = resealFile(path, { keys: ringOf('a'), ...bound, onProgress })
  await expect(resealing).rejects.toMatchObject({ code: 'conflict', details: { field: 'path' } })
  expect(readFileSync(path, 'utf8')).toBe('newer')
  expect(readdirSync(join(path, '..')).sort()).toEqual(['p', 's'])
})
