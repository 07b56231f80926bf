import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { type RunningVault, runningVault, wrapped } from './running-vault.ts'

afterEach(() => vi.unstubAllEnvs())

async function certificateFile({ certificate = '' }: RunningVault): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  await writeFile(file, certificate)
  return file
}

/** A way to a server that counts who goes it. */
async function countedWay(url: string): Promise<{ url: string; connections: () => number }> {
  const target = Number(new URL(url).port)
  let connections = 0
  const way = createServer((socket) => {
    connections += 1
    const onward = connect(target, '127.0.0.1')
    socket.on('error', () => onward.destroy()).pipe(onward)
    onward.on('error', () => socket.destroy()).pipe(socket)
  })
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void way.close())
  const { port } = way.address() as { port: number }
  return { url: `https://127.0.0.1:${port}`, connections: () => connections }
}

test('the certificate of the options is trusted', async () => {
  const vault = await runningVault({ tls: true })
  const kek = vault.kek({ key: 'missing', tls: { ca: vault.certificate } })
  await expect(kek.connect()).rejects.toMatchObject({ code: 'key-not-found' })
})

test('VAULT_CACERT is read', async () => {
  const vault = await runningVault({ tls: true })
  vi.stubEnv('VAULT_CACERT', await certificateFile(vault))
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code: 'key-not-found' })
})

test('a VAULT_CACERT that leads nowhere is a matter of configuration', async () => {
  const vault = await runningVault({ tls: true })
  vi.stubEnv('VAULT_CACERT', join(tmpdir(), 'keywright-no-such-file.pem'))
  await expect(vault.kek().connect()).rejects.toMatchObject({
    code: 'configuration',
    details: { field: 'tls' },
  })
})

test.each([
  ['', 'configuration'],
  ['false', 'configuration'],
  ['0', 'configuration'],
  ['no', 'configuration'],
  ['TRUE', 'configuration'],
  ['true', 'key-not-found'],
  ['1', 'key-not-found'],
])('VAULT_SKIP_VERIFY=%s and a certificate that nobody vouches for: %s', async (value, code) => {
  const vault = await runningVault({ tls: true })
  vi.stubEnv('VAULT_ADDR', vault.url)
  vi.stubEnv('VAULT_SKIP_VERIFY', value)
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code })
})

test('options of TLS stand alone: nothing of the environment weakens them', async () => {
  const vault = await runningVault({ tls: true })
  vi.stubEnv('VAULT_ADDR', vault.url)
  vi.stubEnv('VAULT_SKIP_VERIFY', '1')
  await expect(vault.kek({ tls: {} }).connect()).rejects.toMatchObject({ code: 'configuration' })
})

test('a connection that one KEK made without a check serves no other KEK', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await runningVault({ folder })
  const vault = await runningVault({ folder, tls: true })
  const careless = vault.kek({ tls: { rejectUnauthorized: false } })
  await careless.connect()
  await expect(vault.kek({ tls: {} }).connect()).rejects.toMatchObject({ code: 'configuration' })
  await careless.describeKey()
})

test('a certificate for another name is refused, and servername says which name is due', async () => {
  const vault = await runningVault({ tls: true })
  const wrong = { ca: vault.certificate, servername: 'vault.example' }
  await expect(vault.kek({ tls: wrong }).connect()).rejects.toMatchObject({ code: 'configuration' })
  const right = { ca: vault.certificate, servername: 'localhost' }
  await expect(vault.kek({ key: 'missing', tls: right }).connect()).rejects.toMatchObject({
    code: 'key-not-found',
  })
})

test('twenty calls, with a certificate authority of their own, shake hands once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  // Keys are made over plain HTTP, as fetch cannot be told whom to trust.
  await runningVault({ folder })
  const vault = await runningVault({ folder, tls: true })
  const way = await countedWay(vault.url)
  const kek = vault.kek({ key: 'derived', address: way.url, tls: { ca: vault.certificate } })
  await kek.connect()
  const slot = await wrapped(kek)
  for (let call = 0; call < 20; call += 1) await kek.unwrapKey(slot)
  expect(way.connections()).toBe(1)
})
