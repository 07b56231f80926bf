import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { keyring, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { type FileStore, nodeFileStore } from '../src/file-store.ts'
import { inspectFile, rewrapFile, sealFile, verifyFile } from '../src/index.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const block = 4096

async function sealedFile(options: Partial<Parameters<typeof sealFile>[2]> = {}): Promise<string> {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 100)
  const path = join(folder, 's')
  await sealFile(join(folder, 'p'), path, { keys: ringOf('a'), ...options })
  return path
}

const aToB = { from: memoryKek('a'), to: memoryKek('b') }

test('a rewrap moves the file to the new key, and leaves no old wrapped key in it', async () => {
  const path = await sealedFile()
  const before = readFileSync(path)
  const { receipt, ...rest } = await rewrapFile(path, aToB)
  const after = readFileSync(path)
  expect(receipt).toMatchObject({ outcome: 'verified', checked: 'commitment' })
  expect(rest).toMatchObject({ generation: 2, written: true, wasUnfinished: false })
  expect(after.includes(Buffer.from(receipt.dropped[0]?.wrapped ?? '', 'base64'))).toBe(false)
  expect(after.subarray(block, 2 * block).equals(after.subarray(2 * block, 3 * block))).toBe(true)
  expect(after.subarray(0, block).equals(before.subarray(0, block))).toBe(true)
  expect(after.subarray(3 * block).equals(before.subarray(3 * block))).toBe(true)
  await verifyFile(path, { keys: ringOf('b') })
  await expect(verifyFile(path, { keys: ringOf('a') })).rejects.toMatchObject({ code: 'no-matching-key' })
  expect(readdirSync(join(path, '..')).sort()).toEqual(['p', 's'])
})

test('add keeps the old key, remove drops it', async () => {
  const path = await sealedFile()
  await rewrapFile(path, { ...aToB, step: 'add' })
  await verifyFile(path, { keys: ringOf('a') })
  await verifyFile(path, { keys: ringOf('b') })
  await rewrapFile(path, { ...aToB, step: 'remove' })
  await expect(verifyFile(path, { keys: ringOf('a') })).rejects.toMatchObject({ code: 'no-matching-key' })
})

test('the version in a receipt is the one that inspection shows', async () => {
  const path = await sealedFile()
  const { version } = await rewrapFile(path, aToB)
  expect((await inspectFile(path)).version).toBe(version)
})

// KW-REW-3
test('another version than the expected one is a conflict, and the file stays', async () => {
  const path = await sealedFile()
  const { version } = await inspectFile(path)
  await rewrapFile(path, { ...aToB, step: 'add', ifVersion: version })
  const before = readFileSync(path)
  const late = rewrapFile(path, { ...aToB, ifVersion: version })
  await expect(late).rejects.toMatchObject({ code: 'conflict', details: { field: 'ifVersion' } })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a dry run tells and writes nothing', async () => {
  const path = await sealedFile()
  const before = readFileSync(path)
  const { receipt, written, generation } = await rewrapFile(path, { ...aToB, dryRun: true })
  expect({ outcome: receipt.outcome, written, generation }).toEqual({
    outcome: 'verified',
    written: false,
    generation: 1,
  })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a body of another envelope stops the rewrap', async () => {
  const path = await sealedFile()
  const other = readFileSync(await sealedFile())
  writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 3 * block), other.subarray(3 * block)]))
  await expect(rewrapFile(path, aToB)).rejects.toMatchObject({ code: 'authentication-failed' })
  expect((await rewrapFile(path, { ...aToB, checkBody: false })).receipt.checked).toBe('key-check')
})

test('associated data belongs to the check of the body', async () => {
  const path = await sealedFile({ associatedData: 'row' })
  await expect(rewrapFile(path, aToB)).rejects.toMatchObject({ code: 'authentication-failed' })
  const { receipt } = await rewrapFile(path, { ...aToB, associatedData: 'row' })
  expect(receipt.checked).toBe('commitment')
})

test('a file without a body is truncated, not rewrapped', async () => {
  const path = await sealedFile()
  truncateSync(path, 3 * block + 55)
  await expect(rewrapFile(path, aToB)).rejects.toMatchObject({ code: 'truncated' })
})

test('the context of a rewrap may follow from the header', async () => {
  const path = await sealedFile({ context: { tenant: 't', secret: 'x' }, withhold: ['secret'] })
  await expect(rewrapFile(path, aToB)).rejects.toMatchObject({ code: 'invalid-argument' })
  await rewrapFile(path, { ...aToB, context: (header) => ({ ...header.context, secret: 'x' }) })
})

// KW-REW-8
test('a rewrap after one that was cut short starts from the newest page', async () => {
  const path = await sealedFile()
  const old = readFileSync(path)
  const { receipt } = await rewrapFile(path, aToB)
  const unfinished = readFileSync(path)
  old.copy(unfinished, block, block, 2 * block)
  writeFileSync(path, unfinished)
  expect((await inspectFile(path)).pages).toMatchObject({ generation: 2, unfinished: true })
  await expect(verifyFile(path, { keys: ringOf('a') })).rejects.toMatchObject({ code: 'no-matching-key' })
  const again = await rewrapFile(path, aToB)
  expect(again).toMatchObject({ generation: 3, written: true, wasUnfinished: true })
  expect((await inspectFile(path)).pages).toMatchObject({ generation: 3, unfinished: false })
  const wrapped = Buffer.from(receipt.dropped[0]?.wrapped ?? '', 'base64')
  expect(readFileSync(path).includes(wrapped)).toBe(false)
  await verifyFile(path, { keys: ringOf('b') })
})

// KW-REW-12
test('a rewrap whose slots are as wanted already writes only where an earlier one was cut short', async () => {
  const path = await sealedFile({ keys: ringOf('a', 'b') })
  const add = { ...aToB, step: 'add' } as const
  expect(await rewrapFile(path, add)).toMatchObject({ written: false, generation: 1 })
  const torn = readFileSync(path)
  torn.fill(0x55, block, 2 * block)
  writeFileSync(path, torn)
  const { receipt, written } = await rewrapFile(path, add)
  expect({ outcome: receipt.outcome, written }).toEqual({ outcome: 'unchanged', written: true })
  expect((await inspectFile(path)).pages).toMatchObject({ generation: 2, unfinished: false })
})

test.each([1, 2])('a rewrap repairs page %i that is torn', async (page) => {
  const path = await sealedFile()
  const torn = readFileSync(path)
  torn.fill(0x55, page * block + 512, page * block + 1024)
  writeFileSync(path, torn)
  expect(await rewrapFile(path, aToB)).toMatchObject({ wasUnfinished: true, generation: 2 })
  expect((await inspectFile(path)).pages).toMatchObject({ unfinished: false })
  await verifyFile(path, { keys: ringOf('b') })
})

// KW-REW-7
test('a table that outgrows its page is refused before a write', async () => {
  const path = await sealedFile()
  const before = readFileSync(path)
  const to = ['b', 'c', 'd'].map((name) => memoryKek(name, 1500))
  const rewrapping = rewrapFile(path, { ...aToB, to })
  await expect(rewrapping).rejects.toMatchObject({ code: 'limit-exceeded', details: { field: 'keyTable' } })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a longer first table gets larger blocks, and is rewrapped in them', async () => {
  const keks = ['a', 'b', 'c', 'd'].map((name) => memoryKek(name, 4000))
  const path = await sealedFile({ keys: keyring({ seal: keks }) })
  expect((await inspectFile(path)).pages?.blockBytes).toBe(32_768)
  await rewrapFile(path, { from: memoryKek('a', 4000), to: memoryKek('e', 4000) })
  await verifyFile(path, { keys: ringOf('e') })
})

test('a compact envelope in a file is refused with advice', async () => {
  const path = join(testFolder(), 's')
  writeFileSync(path, await seal('x', { keys: ringOf('a') }))
  await expect(rewrapFile(path, aToB)).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('a file of two names is refused', async () => {
  const path = await sealedFile()
  linkSync(path, `${path}2`)
  await expect(rewrapFile(path, aToB)).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('through a link the file itself is rewrapped', async () => {
  const path = await sealedFile()
  symlinkSync(path, `${path}-link`)
  await rewrapFile(`${path}-link`, aToB)
  await verifyFile(path, { keys: ringOf('b') })
})

test('a file that is replaced by a rename before its pages are written is a conflict', async () => {
  const path = await sealedFile()
  copyFileSync(path, `${path}-restored`)
  const before = readFileSync(path)
  const context = (): Record<string, string> => {
    renameSync(`${path}-restored`, path)
    return {}
  }
  const rewrapping = rewrapFile(path, { ...aToB, context })
  await expect(rewrapping).rejects.toMatchObject({ code: 'conflict', details: { field: 'path' } })
  expect(readFileSync(path).equals(before)).toBe(true)
})

// KW-REW-3
test('a key table that somebody wrote in place meanwhile is a conflict, and stays', async () => {
  const path = await sealedFile()
  const other = readFileSync(path)
  other.fill(0, 2 * block, 3 * block)
  const context = (): Record<string, string> => {
    writeFileSync(path, other)
    return {}
  }
  const rewrapping = rewrapFile(path, { ...aToB, context })
  await expect(rewrapping).rejects.toMatchObject({ code: 'conflict', details: { field: 'path' } })
  expect(readFileSync(path).equals(other)).toBe(true)
})

test('no receipt is given for pages written into a file that has lost its name', async () => {
  const path = await sealedFile()
  copyFileSync(path, `${path}-restored`)
  const store: FileStore = {
    ...nodeFileStore,
    async openForUpdating(name) {
      const file = await nodeFileStore.openForUpdating(name)
      const sync = async (): Promise<void> => {
        if (existsSync(`${path}-restored`)) renameSync(`${path}-restored`, path)
        await file.sync()
      }
      return { ...file, sync }
    },
  }
  const rewrapping = rewrapFile(path, { ...aToB, store })
  await expect(rewrapping).rejects.toMatchObject({ code: 'conflict', details: { field: 'path' } })
})
