import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectFile, rewrapFile, sealFile, verifyFile } from '../src/index.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const child = join(import.meta.dirname, 'racing-child.ts')

test('killed at 200 moments of chance, rewraps lose nothing', { timeout: 600_000 }, async () => {
  const folder = testFolder()
  const path = join(folder, 's')
  randomFile(join(folder, 'p'), 100)
  await sealFile(join(folder, 'p'), path, { keys: ringOf('a') })
  for (let time = 0; time < 200; time++) {
    const args = [child, path, join(folder, 'log'), time % 2 === 0 ? 'b' : 'c', '100000']
    const rewrapping = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const timer = setTimeout(() => rewrapping.kill('SIGKILL'), randomInt(100, 400))
    await once(rewrapping, 'exit')
    clearTimeout(timer)
    await verifyFile(path, { keys: ringOf('a', 'b', 'c') })
  }
  const from = ['a', 'b', 'c'].map((name) => memoryKek(name))
  await rewrapFile(path, { from, to: memoryKek('a') })
  expect((await inspectFile(path)).pages?.unfinished).toBe(false)
  expect(readdirSync(folder).sort()).toEqual(['log', 'p', 's'])
})
