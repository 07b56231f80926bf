import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBackend } from '@keywright/backends'
import { expect, onTestFinished, test } from 'vitest'
import { type VaultAuth, vaultTransit } from '../src/index.ts'
import { wrapped } from './running-vault.ts'

const engine = await startBackend('vault-transit')

if (engine !== undefined) {
  const { environment } = engine
  const { VAULT_ADDR: address = '', KEYWRIGHT_VAULT_TRANSIT_KEY: uri = '' } = environment
  const key = uri.slice(uri.lastIndexOf('/') + 1)

  async function roundTrip(auth: VaultAuth): Promise<void> {
    const kek = vaultTransit({ key, address, namespace: '', auth, resilience: false })
    onTestFinished(() => kek.close())
    expect((await kek.unwrapKey(await wrapped(kek))).dataKey).toHaveLength(32)
  }

  test('the engine: a token', () => roundTrip({ method: 'token', token: environment['VAULT_TOKEN'] ?? '' }))

  test('the engine: an AppRole', () =>
    roundTrip({
      method: 'approle',
      roleId: environment['KEYWRIGHT_VAULT_ROLE_ID'] ?? '',
      secretId: () => environment['KEYWRIGHT_VAULT_SECRET_ID'] ?? '',
    }))

  test('the engine: a service account of Kubernetes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, environment['KEYWRIGHT_VAULT_KUBERNETES_JWT'] ?? '')
    await roundTrip({
      method: 'kubernetes',
      role: environment['KEYWRIGHT_VAULT_KUBERNETES_ROLE'] ?? '',
      tokenFile,
    })
  })

  test('the engine: a login that is none is unauthenticated', async () => {
    const auth = { method: 'approle', roleId: 'x', secretId: 'y' } as const
    await expect(roundTrip(auth)).rejects.toMatchObject({ code: 'unauthenticated' })
  })
}
