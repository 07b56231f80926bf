import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { isKeywrightError, KeywrightError, parseKeyUri } from '@keywright/core'
import { configFileName } from '../config/config-file.ts'
import { newConfig } from '../config/new-config.ts'
import { type GlobalFlags, withKeyFlags } from '../flags/shared-flags.ts'
import type { DefineCommand } from '../program.ts'
import { inSession, type Session } from '../session.ts'
import { errnoOf } from '../terminal/failure.ts'
import { printable } from '../terminal/terminal.ts'

interface InitFlags extends GlobalFlags {
  readonly key: string
  readonly passphrase?: boolean
  readonly force?: boolean
}

/** `keywright init`. */
export const initCommand: DefineCommand = (command, end) => {
  command
    .option('--key <uri>', 'key for the config file; a local one is made if need be', 'local://default')
    .option('--passphrase', 'ask for a passphrase for a new key')
    .option('--force', 'replace a config file that is here')
  withKeyFlags(command).action(async (flags: InitFlags) => {
    end(await inSession(flags, {}, (session) => init(session, flags)))
  })
}

async function init(session: Session, flags: InitFlags): Promise<void> {
  const folder = process.cwd()
  const path = join(folder, configFileName)
  const { scheme, reference } = parseKeyUri(flags.key)
  const text = newConfig(folder, flags.key)
  await write(path, text, flags.force === true)
  const keyFile = scheme === 'local' ? await localKey(session, reference, flags) : undefined
  session.report.outcome({
    document: {
      path,
      status: 'created',
      key: flags.key,
      keyCreated: keyFile?.created ?? false,
      keyFile: keyFile?.path,
    },
    output: [
      `${configFileName} says: seal and open with ${flags.key}`,
      ...(keyFile === undefined
        ? []
        : [`${keyFile.created ? 'its key is new' : 'its key was there'}: ${printable(keyFile.path)}`]),
    ],
    note: [
      ...(keyFile?.created === true
        ? ['', 'Back the key up now: without it nothing that it sealed opens.']
        : []),
      '',
      'Next:',
      '  keywright seal FILE          makes FILE.kw',
      '  keywright inspect FILE.kw    what it says without a key',
      '  keywright open FILE.kw --out COPY',
    ],
  })
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new KeywrightError('storage-exists', `${configFileName} is here already`, { field: 'target' })
  }
}

async function localKey(
  { passphrases, signal }: Session,
  key: string,
  flags: InitFlags,
): Promise<{ readonly path: string; readonly created: boolean }> {
  const { createKey, describeKey } = await import('@keywright/local')
  try {
    return { path: (await describeKey({ key })).path, created: false }
  } catch (error) {
    if (!isKeywrightError(error, 'key-not-found')) throw error
  }
  const passphrase = passphrases.sourceForNew(key, flags.passphrase === true)
  return { path: (await createKey({ key, passphrase, signal })).path, created: true }
}
