import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes the folder of a result inside --out.
 *
 * @param target path of the result
 * @param isWanted whether the results of this run go into folders of their own
 */
export async function makeFolderFor(target: string, isWanted: boolean): Promise<void> {
  if (isWanted) await mkdir(dirname(target), { recursive: true })
}
