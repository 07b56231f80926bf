import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

function claimName(machine: string, pid: number): string {
  const host = createHash('sha256').update(machine).digest('hex').slice(0, 12)
  return `.default.json.lock-${host}-${pid}-1-0123456789abcdef`
}

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
  await writeFile(join(folder, 'keys', claimName(hostname(), child.pid ?? 0)), '')
  expect((await rotateKey({ key: 'default', folder })).currentVersion).toBe('2')
  expect(await readdir(join(folder, 'keys'))).toEqual(['default.json'])
})

test.runIf(process.platform === 'linux')(
  'a number that a later process got again is no living claim',
  async () => {
    const folder = await temporaryFolder()
    await createKey({ key: 'default', folder })
    await writeFile(join(folder, 'keys', claimName(hostname(), process.pid)), '')
    expect((await rotateKey({ key: 'default', folder })).currentVersion).toBe('2')
  },
)

test('the claim of another machine is respected, and the error names it', async () => {
  const folder = await temporaryFolder()
  const claim = claimName('elsewhere', 1)
  await writeFile(join(folder, claim), '')
  const work = withFileLock(join(folder, 'default.json'), undefined, async () => {}, 0)
  expect(await codeOf(work)).toBe('conflict')
  expect(await readdir(folder)).toEqual([claim])
})

test('the wait for the lock ends when the caller aborts', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await writeFile(join(folder, 'keys', claimName('elsewhere', 1)), '')
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
