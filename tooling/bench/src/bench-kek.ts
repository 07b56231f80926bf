import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kek } from '@keywright/core'
import { local } from '@keywright/local'

/** A folder for everything that a run writes, on the disk of the system's temporary files; gone with the process. */
export const benchFolder: string = mkdtempSync(join(tmpdir(), 'keywright-bench-'))

process.on('exit', () => rmSync(benchFolder, { recursive: true, force: true }))

/**
 * A KEK of the embedded key manager, in a key file of this run's own. It is the counterpart of the raw AES keyring
 * that the AWS Encryption SDK is measured with, and its wrap is the one that the limit of a fresh message does.
 *
 * @param name the same name is the same key
 * @param folder where the key file is; a child process is told its parent's
 */
export function benchKek(name: string, folder: string = benchFolder): Kek {
  return local({ key: name, folder, create: true, passphrase: false })
}
