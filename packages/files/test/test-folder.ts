import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Keyring, keyring } from '@keywright/core'
import { onTestFinished } from 'vitest'
import { memoryKek } from './memory-kek.ts'

/** A folder of its own for one test, removed with it. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keywright-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A keyring that seals and opens with KEKs of these names. */
export function ringOf(...names: string[]): Keyring {
  return keyring({ seal: names.map((name) => memoryKek(name)) })
}

/** Writes random bytes to a file and returns them. */
export function randomFile(path: string, length: number): Buffer {
  const bytes = randomBytes(length)
  writeFileSync(path, bytes)
  return bytes
}
