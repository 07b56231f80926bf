import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimMark, makerLives } from '../src/claim-maker.ts'
import { createKey, describeKey, local, rotateKey } from '../src/index.ts'
import { withFileLock } from '../src/key-file-lock.ts'
import { codeOf, keyPath, temporaryFolder } from './temporary-folder.ts'

const program = new URL('./rotate-in-process.ts', import.meta.url).pathname

function rotateElsewhere(folder: string, times: number): ChildProcess {
  return spawn(process.execPath, [program, folder, 'default', String(times)], { stdio: 'inherit' })
}

async function endOf(child: ChildProcess): Promise<unknown> {
  return (await once(child, 'exit'))[0]
}

/** The name of a claim like one of this process, but for some parts of its mark. */
function claimName(parts: Readonly<Record<number, string>>): string {
  return `.default.json.lock-${markLike(parts)}`
}

function markLike(parts: Readonly<Record<number, string>>): string {
  return claimMark()
    .split('-')
    .map((text, at) => parts[at] ?? text)
    .join('-')
}

const elsewhere = { 0: '0123456789ab' }

test('three processes that rotate one key at once lose no version', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  const children = [20, 20, 20].map((times) => rotateElsewhere(folder, times))
  expect(await Promise.all(children.map(endOf))).toEqual([0, 0, 0])
  expect((await describeKey({ key: 'default', folder })).currentVersion).toBe('61')
  expect(await readdir(join(folder, 'keys'))).toEqual(['default.json'])
})

test('a process that is killed while it rotates leaves a whole key, and does not lock out the next', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  for (let round = 0; round < 5; round++) {
    const { currentVersion } = await describeKey({ key: 'default', folder })
    const child = rotateElsewhere(folder, 900)
    const ended = endOf(child)
    while ((await describeKey({ key: 'default', folder })).currentVersion === currentVersion) {
      await new Promise(setImmediate)
    }
    child.kill('SIGKILL')
    await ended
    const before = Number((await describeKey({ key: 'default', folder })).currentVersion)
    expect((await rotateKey({ key: 'default', folder })).currentVersion).toBe(String(before + 1))
  }
  expect(await readdir(join(folder, 'keys'))).toEqual(['default.json'])
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('no error')
})

test('calls of one process hold the lock one at a time', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'default.json')
  let holders = 0
  let most = 0
  const hold = () =>
    withFileLock(path, undefined, async () => {
      most = Math.max(most, ++holders)
      await readFile(import.meta.filename)
      holders--
    })
  await Promise.all(Array.from({ length: 10 }, hold))
  expect(most).toBe(1)
})

test('the claim of a dead process is cleared away', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await endOf(child)
  await writeFile(join(folder, 'keys', claimName({ 3: String(child.pid) })), '')
  expect((await rotateKey({ key: 'default', folder })).currentVersion).toBe('2')
  expect(await readdir(join(folder, 'keys'))).toEqual(['default.json'])
})

test.runIf(process.platform === 'linux')(
  'a number that a later process got again is no living claim',
  async () => {
    const folder = await temporaryFolder()
    await createKey({ key: 'default', folder })
    await writeFile(join(folder, 'keys', claimName({ 4: '1' })), '')
    expect((await rotateKey({ key: 'default', folder })).currentVersion).toBe('2')
  },
)

test('makers on another machine or in another container are taken to live, those from before a restart to be dead', () => {
  expect(makerLives(claimMark())).toBe(true)
  expect(makerLives(markLike(elsewhere))).toBe(true)
  expect(makerLives(markLike({ 1: '0123456789ab' }))).toBe(false)
  expect(makerLives(markLike({ 2: '1', 3: '999999999' }))).toBe(true)
  expect(makerLives('anything')).toBe(undefined)
})

test('thirty calls that want the lock at once all get it', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await Promise.all(Array.from({ length: 30 }, () => rotateKey({ key: 'default', folder })))
  expect((await describeKey({ key: 'default', folder })).currentVersion).toBe('31')
})

test('a change that fails is told of, also where its claim cannot be removed', async () => {
  const folder = await temporaryFolder()
  const held = join(folder, 'held')
  await mkdir(held)
  const failing = withFileLock(join(held, 'default.json'), undefined, async () => {
    const [claim = ''] = await readdir(held)
    await unlink(join(held, claim))
    await mkdir(join(held, claim))
    throw new RangeError('mine')
  })
  await expect(failing).rejects.toThrow(RangeError)
})

test('the claim of another machine is respected, and the error names it', async () => {
  const folder = await temporaryFolder()
  const claim = claimName(elsewhere)
  await writeFile(join(folder, claim), '')
  const work = withFileLock(join(folder, 'default.json'), undefined, async () => {}, 0)
  expect(await codeOf(work)).toBe('conflict')
  expect(await readdir(folder)).toEqual([claim])
})

test('the wait for the lock ends when the caller aborts', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await writeFile(join(folder, 'keys', claimName(elsewhere)), '')
  const signal = AbortSignal.timeout(20)
  expect(await codeOf(rotateKey({ key: 'default', folder, signal }))).toBe('aborted')
})

test('a failed change gives the lock back and leaves the file as it was', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  const before = await readFile(keyPath(folder))
  const failing = withFileLock(keyPath(folder), undefined, () => Promise.reject(new RangeError('mine')))
  await expect(failing).rejects.toThrow(RangeError)
  expect(await readFile(keyPath(folder))).toEqual(before)
  expect((await rotateKey({ key: 'default', folder })).currentVersion).toBe('2')
})
