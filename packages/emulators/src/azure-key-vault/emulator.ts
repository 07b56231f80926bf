import { CallLog } from '../call-log.ts'
import type { Emulator, EmulatorOptions } from '../emulator.ts'
import { Faults } from '../faults.ts'
import { Grants } from '../grants.ts'
import { startHttpService } from '../http-service.ts'
import { keyFolder } from '../key-folder.ts'
import { type Flavour, flavours } from './flavour.ts'
import { answer, type Desk, exchangeOf, identify, refusal } from './front-desk.ts'
import type { TokenRequest } from './identity.ts'
import { KeyStore, type StoredKeys } from './key-store.ts'
import { ServiceError } from './service-error.ts'
import { type Site, startSite } from './site.ts'

/** How an emulator of Azure is started. */
export interface AzureEmulatorOptions extends EmulatorOptions {
  /** Another running one, whose identity endpoint and certificate this one uses too. */
  readonly beside?: AzureEmulator | undefined
}

/** A running stand-in for a vault or a managed HSM. */
export interface AzureEmulator extends Emulator {
  /** PEM text of its certificate, for clients that are told what to trust. */
  readonly certificate: string
  /** `HOST:PORT`, as key URIs name it. */
  readonly host: string
  /** Issues a token, as a credential would get it. */
  readonly token: (request?: TokenRequest) => string
}

/**
 * Starts a stand-in for Azure Key Vault: RSA keys, HTTPS with a certificate of its own, tokens from an identity
 * endpoint of its own, both challenges, soft delete, permissions by role.
 *
 * Operations in its call log, and in fault rules, have the names of the service's REST reference (`wrapKey`, `getKey`);
 * a request without a token is a `challenge`. Grants are data actions such as `Microsoft.KeyVault/vaults/keys/wrap/action`.
 */
export function azureKeyVaultEmulator(options: AzureEmulatorOptions = {}): Promise<AzureEmulator> {
  return startAzure('key-vault', options)
}

/**
 * Starts a stand-in for Azure Managed HSM: as {@link azureKeyVaultEmulator}, with symmetric keys, and with bodies,
 * headers and errors of its own. Grants are data actions such as `Microsoft.KeyVault/managedHsm/keys/wrap/action`.
 */
export function azureManagedHsmEmulator(options: AzureEmulatorOptions = {}): Promise<AzureEmulator> {
  return startAzure('managed-hsm', options)
}

const sites = new WeakMap<AzureEmulator, Site>()

async function startAzure(flavour: Flavour, options: AzureEmulatorOptions): Promise<AzureEmulator> {
  const { host = '127.0.0.1', port = 0, folder, beside, now = () => new Date() } = options
  const shared = beside === undefined ? undefined : sites.get(beside)
  const site = shared ?? (await startSite(host, folder, now))
  const name = flavour === 'key-vault' ? 'azure-key-vault' : 'azure-managed-hsm'
  const store = new KeyStore(keyFolder<StoredKeys>(folder, name), flavour, now)
  const [faults, calls, grants] = [new Faults(), new CallLog(), new Grants()]
  const desk: Desk = { flavour, store, grants, identity: site.identity, now }
  const service = await startHttpService({
    host,
    port,
    tls: site.tls,
    faults,
    calls,
    maxBodyBytes: 65_536,
    tooLarge: (request) =>
      refusal(
        desk,
        exchangeOf(desk, request),
        new ServiceError(413, 'BadParameter', 'Request is too large.'),
      ),
    identify: (request) => identify(desk, request),
    answer: (request, call, fault) => answer(desk, request, call, fault),
  })
  const authority = new URL(service.url).host
  const emulator: AzureEmulator = {
    name,
    url: service.url,
    host: authority,
    certificate: site.tls.cert,
    environment: { ...site.environment, KEYWRIGHT_AZURE_EMULATOR_HOST: authority },
    faults,
    calls,
    grants,
    token: (request) =>
      site.identity.issue({ ...request, audience: request?.audience ?? flavours[flavour].audience }),
    close: async () => {
      await service.close()
      if (shared === undefined) await site.close()
    },
  }
  sites.set(emulator, site)
  return emulator
}
