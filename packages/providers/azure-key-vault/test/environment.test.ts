import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { type AzureScene, azureScene } from './azure-scene.ts'

const run = promisify(execFile)
const entry = new URL('../src/index.ts', import.meta.url).href

let scene: AzureScene | undefined

afterEach(async () => {
  await scene?.close()
  scene = undefined
})

/** Runs a module in a process of its own; variables of Azure that this process has are not handed on. */
async function runModule(
  source: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  return (await outputsOf(source, environment)).stdout.trim()
}

function outputsOf(
  source: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { PATH, HOME, SystemRoot } = process.env
  return run(process.execPath, ['--input-type=module', '--eval', source], {
    env: { PATH, HOME, SystemRoot, ...environment },
  })
}

/** Wraps and unwraps a data key of bytes 7 by a key URI alone, and prints it. */
function roundTrip(host: string): string {
  return `
    import { azureKeyVault } from ${JSON.stringify(entry)}
    const kek = azureKeyVault.fromUri('azure-key-vault://${host}/keys/orders')
    const context = { role: 'dek', pairs: {}, digest: new Uint8Array(32) }
    const { wrapped, keyVersion, algorithm } = await kek.wrapKey({ dataKey: new Uint8Array(32).fill(7), context })
    const { reference } = await kek.connect()
    const { dataKey } = await kek.unwrapKey({ wrapped, keyVersion, algorithm, reference, context })
    console.log(Buffer.from(dataKey).toString('hex'))
    await kek.close()`
}

test.each(['RSA', 'oct-HSM'] as const)(
  "with the emulator's environment alone, a key URI and Azure's own credential chain reach a key (%s)",
  async (type) => {
    scene = await azureScene(type)
    const { emulator } = scene
    expect(await runModule(roundTrip(emulator.host), emulator.environment)).toBe('07'.repeat(32))
    expect(emulator.calls.latest.at(-1)?.principal).toBe('emulator')
  },
)

test("neither the data key nor a token is in what Azure's library logs when it is told to log everything", async () => {
  scene = await azureScene('RSA')
  const { environment, host } = scene.emulator
  const { stderr } = await outputsOf(roundTrip(host), { ...environment, AZURE_LOG_LEVEL: 'verbose' })
  expect(stderr).toContain('/keys/orders')
  expect(stderr).not.toContain(Buffer.alloc(32, 7).toString('base64url'))
  // How every token begins.
  expect(stderr).not.toContain(scene.emulator.token().slice(0, 36))
})

test('with a credential of the caller, the library of credentials is not loaded', async () => {
  scene = await azureScene()
  const { emulator } = scene
  const { NODE_EXTRA_CA_CERTS = '', KEYWRIGHT_AZURE_EMULATOR_HOST = '' } = emulator.environment
  const source = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { azureKeyVault } = await import(${JSON.stringify(entry)})
    const token = ${JSON.stringify(emulator.token())}
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }) }
    const kek = azureKeyVault({ key: '${emulator.host}/keys/orders', credential })
    await kek.connect()
    await kek.close()
    console.log(JSON.stringify(loaded))`
  const loaded = JSON.parse(
    await runModule(source, { NODE_EXTRA_CA_CERTS, KEYWRIGHT_AZURE_EMULATOR_HOST }),
  ) as readonly string[]
  expect(loaded.some((url) => url.includes('@azure/keyvault-keys'))).toBe(true)
  expect(loaded.filter((url) => /@azure\/identity|msal/.test(url))).toEqual([])
})

test('importing the package loads nothing of the library, making a KEK neither', async () => {
  const source = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { azureKeyVault } = await import(${JSON.stringify(entry)})
    azureKeyVault.fromUri('azure-key-vault://contoso.vault.azure.net/keys/orders')
    console.log(JSON.stringify(loaded))`
  const loaded = JSON.parse(await runModule(source)) as readonly string[]
  expect(loaded.some((url) => url === entry)).toBe(true)
  expect(loaded.filter((url) => /@azure|@typespec|msal/.test(url))).toEqual([])
})
