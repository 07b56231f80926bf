import { join } from 'node:path'
import { chooseDataFolder, refuseWorkingTree } from './data-folder.ts'
import { checkKeyName } from './key-name.ts'

/** Where the file of one key is. */
export interface KeyLocation {
  readonly name: string
  /** Absolute path of the folder that holds key files. */
  readonly folder: string
  /** Absolute path of the key file. */
  readonly path: string
}

/**
 * The folder that holds key files.
 *
 * @param option the data folder, when it is told
 * @throws KeywrightError `configuration` when the default one lies in a working tree
 */
export async function locateKeyFolder(option: string | undefined): Promise<string> {
  const folder = chooseDataFolder(option)
  await refuseWorkingTree(folder)
  return join(folder.path, 'keys')
}

/**
 * Where a key's file is, or would be.
 *
 * @param name the key's name
 * @param option the data folder, when it is told
 * @throws KeywrightError `configuration`
 */
export async function locateKey(name: string, option: string | undefined): Promise<KeyLocation> {
  const checked = checkKeyName(name)
  const folder = await locateKeyFolder(option)
  return { name: checked, folder, path: join(folder, `${checked}.json`) }
}
