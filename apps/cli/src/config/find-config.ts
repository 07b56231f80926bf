import { lstat, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { KeywrightError } from '@keywright/core'
import { configFileName } from './config-file.ts'

/**
 * The nearest config file, from a folder upwards. One that another user could have put there is refused: it says
 * which keys seal, and which modules are loaded.
 *
 * @param folder to begin in
 * @returns its absolute path, or undefined when there is none
 * @throws KeywrightError `configuration` for a file of another user, or one that everybody may write
 */
export async function findConfig(folder: string): Promise<string | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, configFileName)
    if (await exists(path)) {
      await refuseForeign(path)
      return path
    }
    if (dirname(at) === at) return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

async function refuseForeign(path: string): Promise<void> {
  const uid = process.getuid?.()
  if (uid === undefined) return
  const owners = new Set([uid, 0])
  for (const { uid: owner, mode } of [await lstat(path), await stat(path)]) {
    const isFile = (mode & 0o170000) === 0o100000
    if (owners.has(owner) && !(isFile && (mode & 0o002) !== 0)) continue
    const why = owners.has(owner) ? 'everybody may write it' : 'it belongs to another user'
    const message = `${path} is not taken because ${why}: --config ${path} takes it all the same`
    throw new KeywrightError('configuration', message, { field: '--config' })
  }
}
