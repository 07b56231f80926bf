import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allFiles, allVectors } from '../generate/all.ts'

const folder = new URL('../v1/', import.meta.url)
const files = allFiles(allVectors())

test('the checked-in files are byte for byte what the generators write', () => {
  const different = [...files].filter(([path, text]) => readFileSync(new URL(path, folder), 'utf8') !== text)
  expect(different.map(([path]) => path)).toEqual([])
})

test('no file lies beside those that the generators write', () => {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
  expect(found.length).toBe(files.size)
})
