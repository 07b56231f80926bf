import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { VaultTls } from '../src/index.ts'
import { type RunningVault, runningVault } from './running-vault.ts'

beforeEach(() => {
  for (const name of ['ADDR', 'CACERT', 'CLIENT_CERT', 'CLIENT_KEY', 'TLS_SERVER_NAME', 'SKIP_VERIFY']) {
    vi.stubEnv(`VAULT_${name}`, undefined)
    vi.stubEnv(`BAO_${name}`, undefined)
  }
})
afterEach(() => vi.unstubAllEnvs())

interface Files {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** The certificates of a Vault, as files and as texts. */
async function mutual(): Promise<{ vault: RunningVault; files: Files; texts: Files }> {
  const vault = await runningVault({ tls: 'mutual' })
  const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { cert = '', key = '' } = vault.clientCertificate ?? {}
  const texts = { ca: vault.certificate ?? '', cert, key }
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const files = {
    ca: await file('ca.pem', texts.ca),
    cert: await file('cert.pem', texts.cert),
    key: await file('key.pem', texts.key),
  }
  return { vault, files, texts }
}

/** What comes of reading a key that is not there: `key-not-found` where Vault was reached. */
async function reached(vault: RunningVault, tls?: VaultTls): Promise<unknown> {
  const kek = vault.kek({ key: 'missing', ...(tls === undefined ? {} : { tls }) })
  return kek.connect().then(
    () => 'connected',
    (error: { code?: unknown }) => error.code,
  )
}

const notReached = expect.stringMatching(/^(configuration|unavailable)$/)

test('the client certificate of the options is shown to a Vault that demands one', async () => {
  const { vault, texts } = await mutual()
  expect(await reached(vault, texts)).toBe('key-not-found')
})

test('a Vault that demands a client certificate is not reached without one, or with another', async () => {
  const { vault, texts } = await mutual()
  const other = (await mutual()).texts
  expect(await reached(vault, { ca: texts.ca })).toEqual(notReached)
  expect(await reached(vault, { ...other, ca: texts.ca })).toEqual(notReached)
  expect(vault.calls.count()).toBe(0)
})

test('VAULT_CLIENT_CERT and VAULT_CLIENT_KEY are read, and shown to the Vault of VAULT_ADDR', async () => {
  const { vault, files } = await mutual()
  vi.stubEnv('VAULT_ADDR', vault.url)
  vi.stubEnv('VAULT_CACERT', files.ca)
  vi.stubEnv('VAULT_CLIENT_CERT', files.cert)
  vi.stubEnv('VAULT_CLIENT_KEY', files.key)
  expect(await reached(vault)).toBe('key-not-found')
})

test('the client certificate of VAULT_ADDR is shown to no other Vault', async () => {
  const { vault, files } = await mutual()
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  vi.stubEnv('VAULT_CACERT', files.ca)
  vi.stubEnv('VAULT_CLIENT_CERT', files.cert)
  vi.stubEnv('VAULT_CLIENT_KEY', files.key)
  expect(await reached(vault)).toEqual(notReached)
  vi.stubEnv('VAULT_ADDR_NEXT', vault.url)
  expect(await reached(vault)).toEqual(notReached)
  vi.stubEnv('VAULT_CLIENT_CERT_NEXT', files.cert)
  vi.stubEnv('VAULT_CLIENT_KEY_NEXT', files.key)
  expect(await reached(vault)).toBe('key-not-found')
})

test.each(['CLIENT_CERT', 'CLIENT_KEY'])(
  'a VAULT_%s that leads nowhere is a matter of configuration',
  async (name) => {
    const { vault, files } = await mutual()
    vi.stubEnv('VAULT_ADDR', vault.url)
    vi.stubEnv('VAULT_CACERT', files.ca)
    vi.stubEnv(`VAULT_${name}`, `${files.key}.missing`)
    await expect(vault.kek().connect()).rejects.toMatchObject({
      code: 'configuration',
      details: { field: 'tls' },
    })
  },
)

test('a client certificate that is none, and a key of another, are a matter of configuration', async () => {
  const { vault, texts } = await mutual()
  const other = (await mutual()).texts
  expect(await reached(vault, { ...texts, cert: 'no certificate' })).toBe('configuration')
  expect(await reached(vault, { ...texts, key: other.key })).toBe('configuration')
})

test('VAULT_TLS_SERVER_NAME is the name that the certificate of VAULT_ADDR must have', async () => {
  const vault = await runningVault({ tls: true })
  const { files } = await mutual()
  await writeFile(files.ca, vault.certificate ?? '')
  vi.stubEnv('VAULT_ADDR', vault.url)
  vi.stubEnv('VAULT_CACERT', files.ca)
  vi.stubEnv('VAULT_TLS_SERVER_NAME', 'localhost')
  expect(await reached(vault)).toBe('key-not-found')
  vi.stubEnv('VAULT_TLS_SERVER_NAME', 'vault.example')
  expect(await reached(vault)).toBe('configuration')
})

test('VAULT_TLS_SERVER_NAME says nothing of another Vault', async () => {
  const vault = await runningVault({ tls: true })
  const { files } = await mutual()
  await writeFile(files.ca, vault.certificate ?? '')
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  vi.stubEnv('VAULT_CACERT', files.ca)
  vi.stubEnv('VAULT_TLS_SERVER_NAME', 'vault.example')
  expect(await reached(vault)).toBe('key-not-found')
})
