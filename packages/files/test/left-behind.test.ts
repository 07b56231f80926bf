import { linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rewrapFile, sealFile, verifyFile } from '../src/index.ts'
import { freshMark } from '../src/process-mark.ts'
import { memoryKek, ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

/** The mark of a process that started at another time than the one that has its number now. */
function deadMark(): string {
  const parts = freshMark().split('-')
  parts[4] = '1'
  return parts.join('-')
}

test('what a killed run left of a target is cleared by the next one', async () => {
  const folder = testFolder()
  const work = join(folder, '.s.kw-work')
  randomFile(join(folder, 'p'), 10)
  mkdirSync(work)
  writeFileSync(join(work, `draft-${deadMark()}`), 'half')
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('a file whose seal was killed between its two names is rewrapped', async () => {
  const folder = testFolder()
  const work = join(folder, '.s.kw-work')
  randomFile(join(folder, 'p'), 10)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  mkdirSync(work)
  linkSync(join(folder, 's'), join(work, `draft-${deadMark()}`))
  await rewrapFile(join(folder, 's'), { from: memoryKek('a'), to: memoryKek('b') })
  await verifyFile(join(folder, 's'), { keys: ringOf('b') })
  expect(readdirSync(folder).sort()).toEqual(['p', 's'])
})

test('a draft of a living run is left alone', async () => {
  const folder = testFolder()
  const work = join(folder, '.s.kw-work')
  randomFile(join(folder, 'p'), 10)
  mkdirSync(work)
  writeFileSync(join(work, `draft-${freshMark()}`), 'half')
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  expect(readdirSync(work).length).toBe(1)
})
