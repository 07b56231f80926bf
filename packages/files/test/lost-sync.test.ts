import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from '@keywright/core'
import { expect, test } from 'vitest'
import { type FileStore, nodeFileStore } from '../src/file-store.ts'
import { rewrapFile, sealFile } from '../src/index.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

interface Write {
  readonly bytes: Buffer
  readonly position: number
}

function watched(onWrite: (write: Write) => void, sync: () => void): FileStore {
  return {
    ...nodeFileStore,
    async openForUpdating(path) {
      const file = await nodeFileStore.openForUpdating(path)
      return {
        ...file,
        write: (bytes, position) => {
          onWrite({ bytes: Buffer.from(bytes), position })
          return file.write(bytes, position)
        },
        sync: async () => sync(),
      }
    },
  }
}

// KW-REW-12
test('after a sync that failed, a crash in the next rewrap finds a whole page on the medium', async () => {
  const path = join(testFolder(), 's')
  const plaintext = randomFile(`${path}-plain`, 100)
  await sealFile(`${path}-plain`, path, { keys: ringOf('a') })
  // The medium took half of the first page; the cache, which the next rewrap reads, has all of it.
  let medium: Buffer = readFileSync(path)
  const failing = watched(
    ({ bytes, position }) => void bytes.copy(medium, position, 0, bytes.length / 2),
    () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    },
  )
  const first = rewrapFile(path, { from: memoryKek('a'), to: memoryKek('b'), store: failing })
  await expect(first).rejects.toMatchObject({ code: 'storage-failed' })
  const images: Buffer[] = []
  const recording = watched(
    ({ bytes, position }) => {
      for (const taken of [10, 2048, 4096]) {
        const image = Buffer.from(medium)
        bytes.copy(image, position, 0, taken)
        images.push(image)
      }
      medium = images.at(-1) ?? medium
    },
    () => {},
  )
  await rewrapFile(path, {
    from: [memoryKek('a'), memoryKek('b')],
    to: memoryKek('c'),
    store: recording,
  })
  for (const image of images) {
    expect(Buffer.compare(await open(image, { keys: ringOf('a', 'b', 'c') }), plaintext)).toBe(0)
  }
  expect(images.length).toBe(9)
})
