import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from './test-folder.ts'

const mebibyte = 1_048_576

test('a process that seals and opens 256 MiB grows by less than 96 MiB', { timeout: 60_000 }, () => {
  const folder = testFolder()
  const source = join(folder, 'p')
  writeFileSync(source, '')
  truncateSync(source, 256 * mebibyte)
  const child = join(import.meta.dirname, 'sealing-child.ts')
  const output = execFileSync(process.execPath, [child, source, join(folder, 's')], { encoding: 'utf8' })
  const { atStart, highest } = JSON.parse(output) as { atStart: number; highest: number }
  expect((highest - atStart) / mebibyte).toBeLessThan(96)
})
