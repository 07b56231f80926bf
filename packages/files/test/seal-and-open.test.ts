import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { open, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { type FileProgress, openFile, sealFile } from '../src/index.ts'
import { ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const chunk = 16_384
const run = 64 * chunk

test.each([0, 1, chunk - 1, chunk, chunk + 1, run - 1, run, run + 1, 3 * run + chunk, 5 * run + 77])(
  'a file of %i bytes comes back, and core opens what stands in it',
  async (length) => {
    const folder = testFolder()
    const [plain, sealed, opened] = ['p', 's', 'o'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const bytes = randomFile(plain, length)
    const options = { keys: ringOf('a'), context: { tenant: 't' }, associatedData: 'row' }
    const result = await sealFile(plain, sealed, options)
    expect(result).toEqual({ plaintextBytes: length, fileBytes: statSync(sealed).size })
    expect(Buffer.compare(await open(readFileSync(sealed), options), bytes)).toBe(0)
    await openFile(sealed, opened, options)
    expect(Buffer.compare(readFileSync(opened), bytes)).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(['o', 'p', 's'])
  },
)

test('permissions are kept both ways, whatever the umask', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  chmodSync(join(folder, 'p'), 0o646)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  await openFile(join(folder, 's'), join(folder, 'o'), { keys: ringOf('a') })
  expect(statSync(join(folder, 's')).mode & 0o777).toBe(0o646)
  expect(statSync(join(folder, 'o')).mode & 0o777).toBe(0o646)
})

test('a mode that was asked for stands in place of the kept one', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a'), mode: 0o600 })
  expect(statSync(join(folder, 's')).mode & 0o777).toBe(0o600)
})

test('a compact envelope in a file opens too', async () => {
  const folder = testFolder()
  writeFileSync(join(folder, 's'), await seal('compact', { keys: ringOf('a') }))
  await openFile(join(folder, 's'), join(folder, 'o'), { keys: ringOf('a') })
  expect(readFileSync(join(folder, 'o'), 'utf8')).toBe('compact')
})

test('a name that is taken is refused and its file stays', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  writeFileSync(join(folder, 's'), 'mine')
  const sealing = sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  await expect(sealing).rejects.toMatchObject({ code: 'storage-exists', details: { field: 'target' } })
  expect(readFileSync(join(folder, 's'), 'utf8')).toBe('mine')
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('a file that takes the name while sealing goes on is not replaced', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  const onProgress = (): void => writeFileSync(join(folder, 's'), 'late')
  const sealing = sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a'), onProgress })
  await expect(sealing).rejects.toMatchObject({ code: 'storage-exists' })
  expect(readFileSync(join(folder, 's'), 'utf8')).toBe('late')
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('overwriting replaces a plain file', async () => {
  const folder = testFolder()
  const bytes = randomFile(join(folder, 'p'), 10)
  writeFileSync(join(folder, 's'), 'old')
  const keys = ringOf('a')
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys, overwrite: true })
  expect(Buffer.compare(await open(readFileSync(join(folder, 's')), { keys }), bytes)).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('overwriting replaces neither a link nor a folder', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  symlinkSync('p', join(folder, 'link'))
  mkdirSync(join(folder, 'folder'))
  for (const target of ['link', 'folder']) {
    const sealing = sealFile(join(folder, 'p'), join(folder, target), { keys: ringOf('a'), overwrite: true })
    await expect(sealing).rejects.toMatchObject({ code: 'storage-exists' })
  }
})

test('a link is followed to the source', async () => {
  const folder = testFolder()
  const bytes = randomFile(join(folder, 'p'), 10)
  symlinkSync('p', join(folder, 'link'))
  const keys = ringOf('a')
  await sealFile(join(folder, 'link'), join(folder, 's'), { keys })
  expect(Buffer.compare(await open(readFileSync(join(folder, 's')), { keys }), bytes)).toBe(0)
})

test('a folder, a pipe and a device are no sources', async () => {
  const folder = testFolder()
  execFileSync('mkfifo', [join(folder, 'pipe')])
  for (const source of [folder, join(folder, 'pipe'), '/dev/zero']) {
    const sealing = sealFile(source, join(folder, 's'), { keys: ringOf('a') })
    await expect(sealing).rejects.toMatchObject({ code: 'invalid-argument', details: { field: 'source' } })
  }
  expect(readdirSync(folder)).toEqual(['pipe'])
})

test('a source that is not there, and a target whose folder is not there, say which', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  const keys = ringOf('a')
  await expect(sealFile(join(folder, 'x'), join(folder, 's'), { keys })).rejects.toMatchObject({
    code: 'storage-not-found',
    details: { field: 'source' },
  })
  await expect(sealFile(join(folder, 'p'), join(folder, 'x', 's'), { keys })).rejects.toMatchObject({
    code: 'storage-not-found',
    details: { field: 'target' },
  })
})

test('a source that grows while it is sealed is a conflict, and nothing is left', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 3 * run)
  const onProgress = ({ doneBytes }: FileProgress): void => {
    if (doneBytes === run) appendFileSync(join(folder, 'p'), 'more')
  }
  const sealing = sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a'), onProgress })
  await expect(sealing).rejects.toMatchObject({ code: 'conflict', details: { field: 'source' } })
  expect(readdirSync(folder)).toEqual(['p'])
})

test('a source that shrinks while it is sealed is a conflict, and nothing is left', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 8 * run)
  let first = true
  const onProgress = (): void => {
    if (first) writeFileSync(join(folder, 'p'), 'short')
    first = false
  }
  const sealing = sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a'), onProgress })
  await expect(sealing).rejects.toMatchObject({ code: 'conflict' })
  expect(readdirSync(folder)).toEqual(['p'])
})

test('an abort ends both ways with nothing left', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 8 * run)
  const keys = ringOf('a')
  const sealing = new AbortController()
  const sealed = sealFile(join(folder, 'p'), join(folder, 's'), {
    keys,
    onProgress: () => sealing.abort(),
    signal: sealing.signal,
  })
  await expect(sealed).rejects.toMatchObject({ code: 'aborted' })
  expect(readdirSync(folder)).toEqual(['p'])
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys })
  const opening = new AbortController()
  const opened = openFile(join(folder, 's'), join(folder, 'o'), {
    keys,
    onProgress: () => opening.abort(),
    signal: opening.signal,
  })
  await expect(opened).rejects.toMatchObject({ code: 'aborted' })
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('progress ends at all bytes and never goes back', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 5 * run + 1)
  const seen: FileProgress[] = []
  await sealFile(join(folder, 'p'), join(folder, 's'), {
    keys: ringOf('a'),
    onProgress: (at) => seen.push(at),
  })
  expect(seen.at(-1)).toEqual({ doneBytes: 5 * run + 1, totalBytes: 5 * run + 1 })
  expect(seen.every(({ doneBytes }, at) => doneBytes > (seen[at - 1]?.doneBytes ?? 0))).toBe(true)
})

test('a wrong key, another context and other associated data leave nothing', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  await sealFile(join(folder, 'p'), join(folder, 's'), {
    keys: ringOf('a'),
    context: { t: '1' },
    associatedData: 'row',
  })
  const attempt = (options: Parameters<typeof openFile>[2]): Promise<unknown> =>
    openFile(join(folder, 's'), join(folder, 'o'), options)
  const right = { keys: ringOf('a'), context: { t: '1' }, associatedData: 'row' }
  await expect(attempt({ ...right, keys: ringOf('b') })).rejects.toMatchObject({ code: 'no-matching-key' })
  await expect(attempt({ ...right, context: { t: '2' } })).rejects.toMatchObject({ code: 'context-mismatch' })
  await expect(attempt({ ...right, associatedData: 'other' })).rejects.toMatchObject({
    code: 'authentication-failed',
  })
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

// KW-CTX-8
test('a trusted context is told', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 10)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a'), context: { t: '1' } })
  const options = { keys: ringOf('a'), trustStoredContext: true } as const
  expect(await openFile(join(folder, 's'), join(folder, 'o'), options)).toEqual({
    plaintextBytes: 10,
    context: { t: '1' },
    trustedStoredContext: true,
  })
})

test('plaintext that is not complete is readable by its owner alone', async () => {
  const folder = testFolder()
  randomFile(join(folder, 'p'), 2 * run)
  chmodSync(join(folder, 'p'), 0o666)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  const modes: number[] = []
  await openFile(join(folder, 's'), join(folder, 'o'), {
    keys: ringOf('a'),
    onProgress: () => {
      const work = join(folder, '.o.kw-work')
      modes.push(statSync(work).mode & 0o777)
      for (const name of readdirSync(work)) modes.push(statSync(join(work, name)).mode & 0o777)
    },
  })
  expect(new Set(modes)).toEqual(new Set([0o700, 0o600]))
})

test.runIf(process.platform === 'linux')(
  'a file of the kernel, which has content and says that it is empty, is no empty file',
  async () => {
    const folder = testFolder()
    const sealing = sealFile('/proc/self/status', join(folder, 's'), { keys: ringOf('a') })
    await expect(sealing).rejects.toMatchObject({ code: 'conflict', details: { field: 'source' } })
    expect(readdirSync(folder)).toEqual([])
  },
)
