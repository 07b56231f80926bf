import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { withLock } from '../src/lock.ts'
import { identityOf } from '../src/process-identity.ts'

const folder = mkdtempSync(join(tmpdir(), 'keywright-lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const nothing = (): void => {}

test('of many that want a lock one has it at a time', async () => {
  const path = join(folder, 'many')
  let inside = 0
  let most = 0
  const body = async (): Promise<void> => {
    inside++
    most = Math.max(most, inside)
    await new Promise(setImmediate)
    inside--
  }
  await Promise.all(Array.from({ length: 6 }, () => withLock(path, nothing, body)))
  expect(most).toBe(1)
  expect(existsSync(path)).toBe(false)
})

test('a lock is given back when its holder fails', async () => {
  const path = join(folder, 'fails')
  const failing = withLock(path, nothing, () => Promise.reject(new Error('as it should')))
  await expect(failing).rejects.toThrow('as it should')
  expect(await withLock(path, nothing, async () => 'mine')).toBe('mine')
})

test('the lock of a process that has died is taken over', async () => {
  const path = join(folder, 'died')
  const { pid } = spawnSync(process.execPath, ['--version'])
  writeFileSync(path, JSON.stringify({ pid, began: '1' }))
  expect(await withLock(path, nothing, async () => 'mine')).toBe('mine')
})

test('the lock of a process whose number another one has now is taken over', async () => {
  const path = join(folder, 'reused')
  writeFileSync(path, JSON.stringify({ ...identityOf(process.pid), began: 'long ago' }))
  expect(await withLock(path, nothing, async () => 'mine')).toBe('mine')
})

test('whoever waits is told so once', async () => {
  const path = join(folder, 'told')
  let told = 0
  let waiter: Promise<void> | undefined
  await withLock(path, nothing, async () => {
    await new Promise<void>((resolve) => {
      const tell = (): void => {
        told++
        resolve()
      }
      waiter = withLock(path, tell, async () => {})
    })
  })
  await waiter
  expect(told).toBe(1)
})
