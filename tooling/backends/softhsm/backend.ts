import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstExisting, libraryFolders } from '../debian/first-existing.ts'
import { unpackPackages } from '../debian/unpack-packages.ts'
import { type Backend, BackendMissing } from '../src/backend.ts'
import { demandAddon, missingAddon } from '../src/pkcs11-addon.ts'
import { runTool } from '../src/run-tool.ts'

const label = 'keywright'

/** SoftHSM: a PKCS#11 token in a folder. A library, not a server: it runs in the process that loads it. */
export const backend: Backend = {
  name: 'softhsm',
  tier: 1,
  about: 'PKCS#11 token in software',
  version: '2.6',

  missing: missingAddon,

  async install({ cache, say }) {
    if (locate('/') !== undefined) return
    say('softhsm2 of Debian, into the cache folder')
    await unpackPackages(['softhsm2', 'libsofthsm2', 'softhsm2-common'], cache)
  },

  async start({ cache, folder }) {
    await demandAddon()
    const found = locate('/') ?? locate(cache)
    if (found === undefined) throw new BackendMissing('install SoftHSM 2 ("apt-get install softhsm2")')
    const { module, tool } = found
    const configuration = join(folder, 'softhsm2.conf')
    const tokens = join(folder, 'tokens')
    mkdirSync(tokens)
    writeFileSync(
      configuration,
      `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    )
    const env = { SOFTHSM2_CONF: configuration }
    const pin = randomBytes(8).toString('hex')
    const token = ['--module', module, '--token', label]
    const pins = ['--so-pin', randomBytes(8).toString('hex'), '--pin', pin]
    await runTool(tool, ['--module', module, '--init-token', '--free', '--label', label, ...pins], { env })
    const key = join(folder, 'seeded.key')
    // As text: the tool ends some keys at a byte that text would not have.
    writeFileSync(key, randomBytes(16).toString('hex'), { mode: 0o600 })
    const name = ['--label', 'seeded', '--id', '01']
    await runTool(tool, [...token, '--pin', pin, '--import', key, '--aes', ...name], { env })
    const version = await runTool(tool, ['--version'])
    return {
      version: version.trim(),
      environment: {
        SOFTHSM2_CONF: configuration,
        KEYWRIGHT_PKCS11_MODULE: module,
        KEYWRIGHT_PKCS11_PIN: pin,
        KEYWRIGHT_SOFTHSM_KEY: `pkcs11:token=${label};object=seeded;type=secret-key`,
      },
      stop: async () => {},
    }
  },
}

function locate(root: string): { readonly module: string; readonly tool: string } | undefined {
  const folders = libraryFolders.flatMap((folder) => [join(folder, 'softhsm'), join(folder, 'pkcs11')])
  const module = firstExisting(folders.map((folder) => join(root, folder, 'libsofthsm2.so')))
  const bins = ['usr/bin', 'usr/local/bin', 'opt/homebrew/bin']
  const tool = firstExisting(bins.map((folder) => join(root, folder, 'softhsm2-util')))
  return module === undefined || tool === undefined ? undefined : { module, tool }
}
