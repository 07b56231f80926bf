import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectFile, sealFile, verifyFile } from '../src/index.ts'
import { ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const child = join(import.meta.dirname, 'killed-child.ts')

test('killed at any of its calls to the file system, a rewrap loses nothing and the next one goes through', {
  timeout: 60_000,
}, async () => {
  const folder = testFolder()
  const path = join(folder, 's')
  randomFile(join(folder, 'p'), 100)
  await sealFile(join(folder, 'p'), path, { keys: ringOf('a') })
  const names = ['a', 'b']
  let killed = 0
  for (let call = 0; ; call++) {
    const to = names[(call + 1) % 2] ?? ''
    const { signal, stdout, stderr } = spawnSync(process.execPath, [child, path, to, String(call)], {
      encoding: 'utf8',
    })
    expect(stderr.replace(/^.*Warning.*\n.*\n/, '')).toBe('')
    await verifyFile(path, { keys: ringOf('a', 'b') })
    if (signal === null) {
      expect(stdout).toBe('done\n')
      break
    }
    killed++
  }
  expect(killed).toBeGreaterThan(15)
  expect((await inspectFile(path)).pages?.unfinished).toBe(false)
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})
