import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect, seal } from '@keywright/core'
import { threads } from '@keywright/core/threads'
import { expect, onTestFinished, test } from 'vitest'
import { type FileStore, nodeFileStore } from '../src/file-store.ts'
import { inspectFile, openFile, openFileRange, sealFile, verifyFile, verifyFileHeader } from '../src/index.ts'
import { ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const length = 3_000_000

async function sealedFile(): Promise<{ folder: string; path: string; bytes: Buffer }> {
  const folder = testFolder()
  const bytes = randomFile(join(folder, 'p'), length)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a', 'b'), context: { t: '1' } })
  return { folder, path: join(folder, 's'), bytes }
}

test('verification reads all and says how the context was accepted', async () => {
  const { path } = await sealedFile()
  expect(await verifyFile(path, { keys: ringOf('a') })).toEqual({
    level: 'body',
    context: { t: '1' },
    trustedStoredContext: true,
    slots: [],
    plaintextBytes: length,
  })
  const stated = await verifyFile(path, { keys: ringOf('a'), context: { t: '1' } })
  expect(stated.trustedStoredContext).toBe(false)
  const other = verifyFile(path, { keys: ringOf('a'), context: {} })
  await expect(other).rejects.toMatchObject({ code: 'context-mismatch' })
})

test('verification of the header checks each key, and does not read the body', async () => {
  const { path } = await sealedFile()
  writeFileSync(path, readFileSync(path).fill(0, 3 * 4096))
  const { level, slots } = await verifyFileHeader(path, { keys: ringOf('a', 'b') })
  expect({ level, results: slots.map(({ key, result }) => [key, result]) }).toEqual({
    level: 'header',
    results: [
      ['memory://a', 'verified'],
      ['memory://b', 'verified'],
    ],
  })
})

test('inspection of a file shows what inspection of its bytes does', async () => {
  const { path } = await sealedFile()
  expect(await inspectFile(path)).toMatchObject(await inspect(readFileSync(path)))
  expect((await inspectFile(path)).fileBytes).toBe(readFileSync(path).length)
})

test('inspection of a compact envelope works too', async () => {
  const path = join(testFolder(), 's')
  writeFileSync(path, await seal('text', { keys: ringOf('a') }))
  expect(await inspectFile(path)).toMatchObject({ layout: 'compact', plaintextBytes: 4 })
})

test('pages that are both invalid are read again while a rewrap may be under way', async () => {
  const { folder, path } = await sealedFile()
  const whole = readFileSync(path)
  const torn = Buffer.from(whole).fill(7, 4096 + 100, 3 * 4096)
  writeFileSync(join(folder, 't'), torn)
  let reads = 0
  const store: FileStore = {
    ...nodeFileStore,
    async openForReading(name) {
      const file = await nodeFileStore.openForReading(name)
      const read = async (into: Uint8Array, position: number): Promise<number> => {
        if (position === 0 && ++reads === 3) writeFileSync(join(folder, 't'), whole)
        return file.read(into, position)
      }
      return { ...file, read }
    },
  }
  expect((await inspectFile(join(folder, 't'), { store })).layout).toBe('paged')
  writeFileSync(join(folder, 't'), torn)
  reads = 10
  await expect(inspectFile(join(folder, 't'), { store })).rejects.toMatchObject({
    code: 'malformed-envelope',
  })
  expect(reads).toBe(14)
})

test('ranges of a file are read without the rest', async () => {
  const { path, bytes } = await sealedFile()
  const reader = await openFileRange(path, { keys: ringOf('a'), context: { t: '1' } })
  onTestFinished(() => reader.close())
  expect(Buffer.compare(await reader.read(1_000_000, 50_000), bytes.subarray(1_000_000, 1_050_000))).toBe(0)
  expect(await reader.size()).toBe(length)
})

test('several threads give and take the same files as one', async () => {
  const { folder, path, bytes } = await sealedFile()
  const workers = threads({ workers: 1 })
  onTestFinished(() => workers.close())
  const large = Buffer.concat([bytes, bytes, bytes, bytes])
  writeFileSync(join(folder, 'l'), large)
  const keys = ringOf('a')
  await sealFile(join(folder, 'l'), join(folder, 'ls'), { keys, threads: workers })
  expect(await verifyFile(join(folder, 'ls'), { keys })).toMatchObject({ plaintextBytes: large.length })
  await openFile(join(folder, 'ls'), join(folder, 'lo'), { keys, threads: workers })
  expect(readFileSync(join(folder, 'lo')).equals(large)).toBe(true)
  copyFileSync(path, join(folder, 'x'))
  expect(await verifyFile(join(folder, 'x'), { keys, threads: workers })).toMatchObject({ level: 'body' })
})
