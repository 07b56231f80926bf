import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withFileLock } from '../src/file-lock.ts'
import { type FileStore, nodeFileStore } from '../src/file-store.ts'
import { isWorkFolder } from '../src/index.ts'
import { freshMark, lifeOf } from '../src/process-mark.ts'
import type { Place } from '../src/storage-failure.ts'
import { testFolder } from './test-folder.ts'

function lockPlace(): { readonly place: Place; readonly work: string } {
  const folder = testFolder()
  return { place: { path: join(folder, 'f'), field: 'path' }, work: join(folder, '.f.kw-work') }
}

/** The mark of a process that has ended. */
function deadMark(): string {
  const source = join(import.meta.dirname, '../src/process-mark.ts')
  const program = `import { freshMark } from ${JSON.stringify(source)}; console.log(freshMark())`
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).trim()
}

test('a mark of this process lives, one of an ended process is dead', () => {
  expect(lifeOf(freshMark())).toBe('alive')
  expect(lifeOf(deadMark())).toBe('dead')
  expect(lifeOf('anything')).toBe('not-a-mark')
})

test('a process number that is used again does not stand for the process that had it', () => {
  const parts = freshMark().split('-')
  parts[4] = '1'
  expect(lifeOf(parts.join('-'))).toBe('dead')
})

test('marks of another machine or container are taken to live, those from before a restart to be dead', () => {
  const changed = (part: number, value: string): string =>
    freshMark()
      .split('-')
      .map((text, at) => (at === part ? value : text))
      .join('-')
  expect(lifeOf(changed(0, '0123456789ab'))).toBe('alive')
  expect(lifeOf(changed(1, '0123456789ab'))).toBe('dead')
  expect(lifeOf(changed(2, '1'))).toBe('alive')
})

test('the lock of a dead process is taken over, and what it left is cleared away', async () => {
  const { place, work } = lockPlace()
  mkdirSync(work)
  const mark = deadMark()
  writeFileSync(join(work, `claim-${mark}`), '')
  writeFileSync(join(work, `draft-${mark}`), 'half of a plaintext')
  await withFileLock(nodeFileStore, place, { lockWaitMs: 0 }, async () => {
    expect(readdirSync(work).length).toBe(1)
  })
  expect(readdirSync(join(work, '..'))).toEqual([])
})

test.each([0, -1, Number.NaN])(
  'a living holder is waited for no longer than asked, %d ms',
  async (lockWaitMs) => {
    const { place } = lockPlace()
    await withFileLock(nodeFileStore, place, {}, async () => {
      const second = withFileLock(nodeFileStore, place, { lockWaitMs }, async () => 'in')
      await expect(second).rejects.toMatchObject({ code: 'conflict' })
    })
  },
)

test('a wait for the lock ends with its signal', async () => {
  const { place } = lockPlace()
  await withFileLock(nodeFileStore, place, {}, async () => {
    const abort = new AbortController()
    const second = withFileLock(nodeFileStore, place, { signal: abort.signal }, async () => 'in')
    abort.abort()
    await expect(second).rejects.toMatchObject({ code: 'aborted' })
  })
})

test('thirty takers of a dead lock hold it one at a time, and all get it', async () => {
  const { place, work } = lockPlace()
  mkdirSync(work)
  writeFileSync(join(work, `claim-${deadMark()}`), '')
  let holders = 0
  let total = 0
  const taker = (): Promise<void> =>
    withFileLock(nodeFileStore, place, { lockWaitMs: 25_000 }, async () => {
      expect(++holders).toBe(1)
      total++
      await setImmediate()
      holders--
    })
  await Promise.all(Array.from({ length: 30 }, taker))
  expect(total).toBe(30)
  expect(readdirSync(join(work, '..'))).toEqual([])
})

test('work that fails is told of, also where its claim cannot be removed', async () => {
  const { place } = lockPlace()
  const store: FileStore = {
    ...nodeFileStore,
    remove: () => Promise.reject(Object.assign(new Error('EROFS'), { code: 'EROFS' })),
  }
  const working = withFileLock(store, place, {}, () => Promise.reject(new RangeError('mine')))
  await expect(working).rejects.toThrow(RangeError)
})

test('files that are no claims do not hold the lock and are left alone', async () => {
  const { place, work } = lockPlace()
  mkdirSync(work)
  writeFileSync(join(work, 'claim-of-somebody'), '')
  await withFileLock(nodeFileStore, place, { lockWaitMs: 0 }, async () => {})
  expect(readdirSync(work)).toEqual(['claim-of-somebody'])
})

test('a work folder of another user is not trusted', async () => {
  const { place, work } = lockPlace()
  mkdirSync(work)
  const store: FileStore = {
    ...nodeFileStore,
    facts: async (path) => ({ ...(await nodeFileStore.facts(path)), owner: 4711 }),
  }
  const taking = withFileLock(store, place, {}, async () => {})
  await expect(taking).rejects.toMatchObject({ code: 'conflict' })
})

test('a very long name has a work folder too', async () => {
  const folder = testFolder()
  const place: Place = { path: join(folder, 'n'.repeat(255)), field: 'path' }
  await withFileLock(nodeFileStore, place, {}, async () => {
    expect(readdirSync(folder).every(isWorkFolder)).toBe(true)
  })
})
