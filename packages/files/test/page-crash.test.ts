import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKeywrightError, open } from '@keywright/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FileStore, nodeFileStore } from '../src/file-store.ts'
import { inspectFile, rewrapFile, sealFile, verifyFile } from '../src/index.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const sector = 512

type Step = { readonly bytes: Buffer; readonly position: number } | 'sync'

/** A store that notes what is written into a file in place, and when it is synced. */
function recording(steps: Step[]): FileStore {
  return {
    ...nodeFileStore,
    async openForUpdating(path) {
      const file = await nodeFileStore.openForUpdating(path)
      return {
        ...file,
        write: (bytes, position) => {
          steps.push({ bytes: Buffer.from(bytes), position })
          return file.write(bytes, position)
        },
        sync: () => {
          steps.push('sync')
          return file.sync()
        },
      }
    },
  }
}

let before: Buffer
let plaintext: Buffer
const steps: Step[] = []
const oldKeys = ringOf('a')
const newKeys = ringOf('b')

async function opensWith(image: Uint8Array): Promise<'old' | 'new'> {
  for (const [name, keys] of [
    ['old', oldKeys],
    ['new', newKeys],
  ] as const) {
    try {
      expect(Buffer.compare(await open(image, { keys }), plaintext)).toBe(0)
      return name
    } catch (error) {
      if (!isKeywrightError(error, 'no-matching-key')) throw error
    }
  }
  throw new Error('opens with neither key')
}

/** Applies the sectors of a write that `mask` names; of one sector only the first `tornBytes`. */
function applySectors(
  image: Buffer,
  write: Exclude<Step, 'sync'>,
  mask: number,
  torn = -1,
  tornBytes = 0,
): Buffer {
  const result: Buffer = Buffer.from(image)
  for (let at = 0; at * sector < write.bytes.length; at++) {
    const length = at === torn ? tornBytes : (mask & (1 << at)) !== 0 ? sector : 0
    write.bytes.copy(result, write.position + at * sector, at * sector, at * sector + length)
  }
  return result
}

/** Every image that a crash can leave: whole sectors in any order, and each subset with one sector torn. */
function* crashImages(): Generator<Buffer> {
  let synced: Buffer = Buffer.from(before)
  for (const [at, step] of steps.entries()) {
    if (step === 'sync') continue
    expect(steps[at + 1]).toBe('sync')
    for (let mask = 0; mask < 256; mask++) {
      yield applySectors(synced, step, mask)
      yield applySectors(synced, step, mask, mask % 8, 1 + ((mask * 37) % (sector - 1)))
    }
    synced = applySectors(synced, step, 255)
  }
  yield synced
}

beforeAll(async () => {
  const folder = testFolder(afterAll)
  plaintext = randomFile(join(folder, 'p'), 20_000)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: oldKeys })
  before = readFileSync(join(folder, 's'))
  await rewrapFile(join(folder, 's'), {
    from: memoryKek('a'),
    to: memoryKek('b'),
    store: recording(steps),
  })
})

// KW-REW-9
test('a rewrap is two writes of one block, each followed by a sync', () => {
  expect(steps.map((step) => (step === 'sync' ? 'sync' : [step.position, step.bytes.length]))).toEqual([
    [8192, 4096],
    'sync',
    [4096, 4096],
    'sync',
  ])
})

test('the write sequence does not depend on the size of the file', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 5_000_000)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: oldKeys })
  const large: Step[] = []
  const store = recording(large)
  await rewrapFile(join(folder, 's'), { from: memoryKek('a'), to: memoryKek('b'), store })
  expect(large.length).toBe(steps.length)
})

test('after a crash at any point, with sectors written in any order or torn, the file opens', async () => {
  const seen = { old: 0, new: 0 }
  for (const image of crashImages()) seen[await opensWith(image)]++
  expect(seen.old).toBeGreaterThan(100)
  expect(seen.new).toBeGreaterThan(100)
})

// KW-REW-9
test('once the first page is synced, no crash brings the old key back', async () => {
  const images = [...crashImages()]
  for (const image of images.slice(512)) expect(await opensWith(image)).toBe('new')
})

test('after a crash at any point the next rewrap finishes the work', async () => {
  const path = join(testFolder(), 's')
  const images = [...crashImages()].filter((_image, at) => at % 23 === 0)
  for (const image of images) {
    writeFileSync(path, image)
    await rewrapFile(path, { from: [memoryKek('a'), memoryKek('b')], to: memoryKek('c') })
    expect((await inspectFile(path)).pages?.unfinished).toBe(false)
    await verifyFile(path, { keys: ringOf('c') })
    await expect(verifyFile(path, { keys: ringOf('a', 'b') })).rejects.toMatchObject({
      code: 'no-matching-key',
    })
  }
})
