import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * A folder of its own, removed at the end.
 *
 * @param atEnd when that is; default: with the test
 */
export function testFolder(atEnd: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'keywright-files-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes random bytes to a file and returns them. */
export function randomFile(path: string, length: number): Buffer {
  const bytes = randomBytes(length)
  writeFileSync(path, bytes)
  return bytes
}
