import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Consumer, install } from '@keywright/tooling-tarballs/src/consumer.ts'
import { type Packed, packPackage } from '@keywright/tooling-tarballs/src/pack-workspace.ts'
import { benchFolder } from './bench-kek.ts'

const packed = new Map<string, Packed>()

/**
 * A project that installed packages of ours from their tarballs, built and packed as they are now.
 *
 * @param name of the project's folder
 * @param folders of the packages in the workspace, what others depend on first
 */
export function installPacked(name: string, folders: readonly string[]): Consumer {
  const destination = join(benchFolder, 'tarballs')
  mkdirSync(destination, { recursive: true })
  const all = folders.map((folder) => {
    const known = packed.get(folder) ?? packPackage(folder, destination)
    packed.set(folder, known)
    return known
  })
  return install(join(benchFolder, name), all, all)
}
