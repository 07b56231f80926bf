import { lstat, realpath } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { KeywrightError } from '@keywright/core/provider'
import { errnoOf, storageFailure } from './storage-failure.ts'

/** Where key files live. */
export interface DataFolder {
  /** Absolute. */
  readonly path: string
  /** Whether somebody named it, by option or environment; then it may lie in a working tree. */
  readonly named: boolean
}

/** What marks the top of a working tree that somebody may publish. */
const treeMarks = ['.git', '.hg', '.jj', '.svn'] as const

/**
 * Chooses the data folder: the option, else KEYWRIGHT_DATA_DIR, else the user's data folder as the platform has it.
 *
 * @param option a path; a relative one starts at the working directory
 * @throws KeywrightError `configuration` when KEYWRIGHT_DATA_DIR is not absolute
 */
export function chooseDataFolder(option: string | undefined): DataFolder {
  if (option !== undefined) return { path: resolve(option), named: true }
  const variable = process.env['KEYWRIGHT_DATA_DIR']
  if (variable === undefined || variable === '')
    return { path: join(userDataFolder(), 'keywright'), named: false }
  if (isAbsolute(variable)) return { path: variable, named: true }
  throw new KeywrightError('configuration', 'KEYWRIGHT_DATA_DIR must be an absolute path', {
    field: 'KEYWRIGHT_DATA_DIR',
  })
}

/** XDG Base Directory 0.8 ignores a relative XDG_DATA_HOME, and so do we. */
function userDataFolder(): string {
  const system = platform()
  if (system === 'darwin') return join(homedir(), 'Library', 'Application Support')
  if (system === 'win32') return process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local')
  const variable = process.env['XDG_DATA_HOME']
  if (variable !== undefined && isAbsolute(variable)) return variable
  return join(homedir(), '.local', 'share')
}

/**
 * Refuses a default folder inside a working tree: one `git add` there would publish the key.
 *
 * @param folder a chosen folder; it need not exist yet
 * @throws KeywrightError `configuration`, with field `folder`
 */
export async function refuseWorkingTree(folder: DataFolder): Promise<void> {
  if (folder.named) return
  const tree = await workingTreeAround(folder.path)
  if (tree === undefined) return
  throw new KeywrightError(
    'configuration',
    `the data folder ${folder.path} lies in the working tree ${tree}, where a key is easily published: ` +
      'set KEYWRIGHT_DATA_DIR to a folder outside of it, or to this one if you mean it',
    { field: 'folder' },
  )
}

/**
 * The top of the working tree that a folder lies in.
 *
 * @param folder absolute; links on the way to it are followed
 * @returns undefined when it lies in none
 */
export async function workingTreeAround(folder: string): Promise<string | undefined> {
  let at = await nearestExisting(folder)
  for (;;) {
    for (const mark of treeMarks) if (await exists(join(at, mark))) return at
    const parent = dirname(at)
    if (parent === at) return undefined
    at = parent
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const parent = dirname(path)
    if (errnoOf(error) === 'ENOENT' && parent !== path) return nearestExisting(parent)
    throw storageFailure(error, 'read', path)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw storageFailure(error, 'read', path)
  }
}
