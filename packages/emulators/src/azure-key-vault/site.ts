import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loopbackCertificate } from './certificate.ts'
import { type AzureIdentity, startAzureIdentity } from './identity.ts'

/** What the emulators of one Azure have in common, so that one environment serves for both. */
export interface Site {
  readonly identity: AzureIdentity
  readonly tls: { readonly key: string; readonly cert: string }
  readonly environment: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

/** Makes a certificate and starts an identity endpoint. */
export async function startSite(host: string, folder: string | undefined, now: () => Date): Promise<Site> {
  const identity = await startAzureIdentity(host, now)
  const tls = loopbackCertificate(now())
  const place = folder ?? mkdtempSync(join(tmpdir(), 'keywright-azure-'))
  mkdirSync(place, { recursive: true, mode: 0o700 })
  // Node reads this variable's file when it starts, and so do the other clients.
  const file = join(place, 'azure-certificate.pem')
  writeFileSync(file, tls.cert)
  return {
    identity,
    tls,
    environment: {
      ...identity.environment,
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      NODE_EXTRA_CA_CERTS: file,
    },
    close: async () => {
      if (folder === undefined) rmSync(place, { recursive: true, force: true })
      await identity.close()
    },
  }
}
