import { join } from 'node:path'
import { firstExisting } from '../debian/first-existing.ts'
import { unpackPackages } from '../debian/unpack-packages.ts'
import { type Backend, BackendMissing } from '../src/backend.ts'
import { freePortPair } from '../src/free-port.ts'
import { demandAddon, missingAddon } from '../src/pkcs11-addon.ts'
import { serverProcess } from '../src/server-process.ts'

const wanted =
  'it needs the packages of Debian 12 ("apt-get update" must have run), or another system with them'
const packages = [
  'swtpm',
  'swtpm-libs',
  'libtpms0',
  'libtpm2-pkcs11-1',
  'libtss2-tctildr0',
  'libtss2-tcti-swtpm0',
]
const stack = ['libtss2-esys-3.0.2-0', 'libtss2-sys1', 'libtss2-mu0', 'libtss2-rc0']

/**
 * A TPM 2.0 in software, and a PKCS#11 module on it: RSA only, and a failed decryption leaves its session unusable. The
 * module finds its libraries by LD_LIBRARY_PATH, which a process must have from its start. Its token is empty: whoever
 * loads it first initialises it.
 */
export const backend: Backend = {
  name: 'swtpm',
  tier: 3,
  about: 'TPM 2.0 in software, as a PKCS#11 token',
  version: '0.7',

  async missing() {
    return process.platform === 'linux' ? missingAddon() : wanted
  },

  async install({ cache, say }) {
    if (process.platform !== 'linux') throw new BackendMissing(wanted)
    say('swtpm and tpm2-pkcs11 of Debian, into the cache folder')
    await unpackPackages([...packages, ...stack], cache)
  },

  async start({ cache, folder }) {
    await demandAddon()
    const libraries = join(cache, 'usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`)
    const module = firstExisting([join(libraries, 'libtpm2_pkcs11.so.1')])
    if (module === undefined) throw new BackendMissing(wanted)
    const LD_LIBRARY_PATH = `${libraries}:${join(libraries, 'swtpm')}`
    // Its clients take the control channel to be on the next port.
    const port = await freePortPair()
    const server = serverProcess({
      command: join(cache, 'usr/bin/swtpm'),
      args: [
        'socket',
        '--tpm2',
        ...['--tpmstate', `dir=${folder}`],
        ...['--server', `type=tcp,bindaddr=127.0.0.1,port=${port}`],
        ...['--ctrl', `type=tcp,bindaddr=127.0.0.1,port=${port + 1}`],
        ...['--flags', 'not-need-init,startup-clear'],
      ],
      env: { LD_LIBRARY_PATH },
      cwd: folder,
    })
    await server.accepts(port + 1)
    return {
      version: this.version,
      environment: {
        LD_LIBRARY_PATH,
        TPM2_PKCS11_STORE: folder,
        TPM2_PKCS11_TCTI: `swtpm:host=127.0.0.1,port=${port}`,
        TPM2_PKCS11_BACKEND: 'esysdb',
        KEYWRIGHT_SWTPM_MODULE: module,
      },
      stop: () => server.stop(),
      ended: server.ended,
    }
  },
}
