import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { KeywrightError } from '@keywright/core'
import { inspectFile } from '@keywright/files'

import { errnoOf } from '../terminal/failure.ts'

/**
 * Tells whether an earlier run has sealed a file: results have their names only when they are complete, so the name
 * alone says it, where what has it is a sealed file and not older than the source.
 *
 * @param source path of the file
 * @param target path of the result
 * @throws KeywrightError `storage-exists` for anything else that has the name
 */
export async function finishedEarlier(source: string, target: string): Promise<boolean> {
  const there = await factsOf(target)
  if (there === undefined) return false
  await inspectFile(target).catch(() => {
    throw taken(`${target} is there already, and is no sealed file`)
  })
  if (there.mtimeMs >= (await stat(source)).mtimeMs) return true
  throw taken(`${target} is older than its source`)
}

function taken(message: string): KeywrightError {
  return new KeywrightError('storage-exists', message, { field: 'target' })
}

/** Whether anything has this name. */
export async function exists(path: string): Promise<boolean> {
  return (await factsOf(path)) !== undefined
}

async function factsOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
