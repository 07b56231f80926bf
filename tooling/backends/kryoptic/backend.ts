import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstExisting, libraryFolders } from '../debian/first-existing.ts'
import { unpackPackages } from '../debian/unpack-packages.ts'
import { type Backend, BackendMissing } from '../src/backend.ts'
import { demandAddon, missingAddon } from '../src/pkcs11-addon.ts'
import { runTool, toolWorks } from '../src/run-tool.ts'

const wanted =
  'install Rust (https://rustup.rs), a C compiler and the headers of OpenSSL 3 ("apt-get install libssl-dev")'

/** Kryoptic: a PKCS#11 token in Rust. Its token is empty: whoever loads it first initialises it. */
export const backend: Backend = {
  name: 'kryoptic',
  tier: 3,
  about: 'PKCS#11 token in Rust',
  version: '1.5.4',
  sources: ['Cargo.toml', 'Cargo.lock', 'lib.rs'],

  async missing() {
    return (await toolWorks('cargo', ['--version'])) ? missingAddon() : wanted
  },

  async install({ cache, say }) {
    if (!(await toolWorks('cargo', ['--version']))) throw new BackendMissing(wanted)
    say('building, which takes one or two minutes')
    const env = { CARGO_TARGET_DIR: join(cache, 'target'), ...(await bindgenEnvironment(cache)) }
    await runTool('cargo', ['build', '--release', '--locked'], { cwd: import.meta.dirname, env })
  },

  async start({ cache, folder }) {
    await demandAddon()
    const module = firstExisting(
      ['so', 'dylib'].map((end) => join(cache, `target/release/libkryoptic.${end}`)),
    )
    if (module === undefined) throw new BackendMissing(wanted)
    const configuration = join(folder, 'kryoptic.conf')
    const database = join(folder, 'token.sql')
    writeFileSync(configuration, `[[slots]]\nslot = 1\ndbtype = "sqlite"\ndbargs = "${database}"\n`)
    return {
      version: this.version,
      environment: { KRYOPTIC_CONF: configuration, KEYWRIGHT_KRYOPTIC_MODULE: module },
      stop: async () => {},
    }
  },
}

/** Its bindings to OpenSSL are made from C headers by libclang, which few machines have. */
async function bindgenEnvironment(cache: string): Promise<Record<string, string>> {
  const folders = [14, 15, 16, 17, 18, 19, 20].map((version) => `/usr/lib/llvm-${version}/lib`)
  const found = firstExisting([...folders, ...libraryFolders].map((folder) => join(folder, 'libclang.so')))
  if (process.env['LIBCLANG_PATH'] !== undefined || found !== undefined || process.platform !== 'linux')
    return {}
  const clang = join(cache, 'clang')
  await unpackPackages(['libclang1-14', 'libllvm14'], clang)
  const headers = (await runTool('cc', ['-print-file-name=include'])).trim()
  return {
    LIBCLANG_PATH: join(clang, 'usr/lib/llvm-14/lib'),
    LD_LIBRARY_PATH: join(clang, 'usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`),
    BINDGEN_EXTRA_CLANG_ARGS: `-I${headers}`,
  }
}
