import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { keyFolder } from '../src/key-folder.ts'

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keywright-emulators-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'keys')
}

test('what was saved is loaded by the next start, from a file that only its owner reads', () => {
  const folder = scratch()
  expect(keyFolder<number[]>(folder, 'aws-kms').load()).toBeUndefined()
  keyFolder<number[]>(folder, 'aws-kms').save([1, 2])
  expect(keyFolder<number[]>(folder, 'aws-kms').load()).toEqual([1, 2])
  expect(readdirSync(folder)).toEqual(['aws-kms.json'])
  expect(statSync(join(folder, 'aws-kms.json')).mode & 0o777).toBe(0o600)
})

test('a file that cannot be read as state stops the start instead of losing the keys', () => {
  const folder = scratch()
  keyFolder<number>(folder, 'aws-kms').save(1)
  writeFileSync(join(folder, 'aws-kms.json'), '{"half":')
  expect(() => keyFolder<number>(folder, 'aws-kms').load()).toThrow(SyntaxError)
})

test('without a folder nothing is kept', () => {
  const nowhere = keyFolder<number>(undefined, 'aws-kms')
  nowhere.save(1)
  expect(nowhere.load()).toBeUndefined()
})
