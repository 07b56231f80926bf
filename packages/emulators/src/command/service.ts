import type { AzureEmulator } from '../azure-key-vault/emulator.ts'
import type { Emulator, EmulatorOptions, ServiceName } from '../emulator.ts'
import type { Administration } from './administration.ts'
import { keptPorts, taken } from './kept-ports.ts'

/** A service that the command has started. */
export interface Service {
  readonly name: ServiceName
  readonly emulator: Emulator
  readonly administration: Administration
  /** URI of its first key. */
  readonly key: string
}

/** Where the command's services run. */
export interface ServicesOptions {
  /** Folder to keep keys in; undefined: in memory. */
  readonly folder: string | undefined
  /**
   * Port of the first service; each has its own place after it, whether those before it run or not. Undefined: the ports
   * that the folder's services had before, else any.
   */
  readonly portBase: number | undefined
  /** The services' time. */
  readonly now: () => Date
}

type Started = Pick<Service, 'emulator' | 'administration'>
type Starter = (
  options: EmulatorOptions & Pick<ServicesOptions, 'now'>,
  azure: AzureEmulator | undefined,
) => Promise<Started>

// Each loads its own modules only.
const starters: Readonly<Record<ServiceName, Starter>> = {
  'aws-kms': async (options) => {
    const [{ awsKmsEmulator }, { administerAwsKms }] = await Promise.all([
      import('../aws-kms/aws-kms-emulator.ts'),
      import('./administer-aws-kms.ts'),
    ])
    const emulator = await awsKmsEmulator(options)
    return { emulator, administration: administerAwsKms(emulator, options.now) }
  },
  'gcp-kms': async (options) => {
    const [{ gcpKmsEmulator }, { administerGcpKms }] = await Promise.all([
      import('../gcp-kms/gcp-kms-emulator.ts'),
      import('./administer-gcp-kms.ts'),
    ])
    const emulator = await gcpKmsEmulator(options)
    return { emulator, administration: administerGcpKms(emulator) }
  },
  'azure-key-vault': async (options) => {
    const { azureKeyVaultEmulator } = await import('../azure-key-vault/emulator.ts')
    return withAzureOperator(await azureKeyVaultEmulator(options))
  },
  'azure-managed-hsm': async (options, beside) => {
    const { azureManagedHsmEmulator } = await import('../azure-key-vault/emulator.ts')
    return withAzureOperator(await azureManagedHsmEmulator({ ...options, beside }))
  },
  'vault-transit': async (options) => {
    const [{ vaultTransitEmulator }, { administerVaultTransit }] = await Promise.all([
      import('../vault-transit/vault-transit-emulator.ts'),
      import('./administer-vault-transit.ts'),
    ])
    const emulator = await vaultTransitEmulator(options)
    return { emulator, administration: administerVaultTransit(emulator) }
  },
}

async function withAzureOperator(emulator: AzureEmulator): Promise<Started> {
  const { administerAzure } = await import('./administer-azure.ts')
  return { emulator, administration: administerAzure(emulator) }
}

/** All services, in the order of their ports. */
export const serviceNames: readonly ServiceName[] = Object.keys(starters) as ServiceName[]

/** Starts services and makes a first key in each. One that fails ends the others again. */
export async function startServices(
  names: readonly ServiceName[],
  { folder, portBase, now }: ServicesOptions,
): Promise<readonly Service[]> {
  const services: Service[] = []
  const kept = keptPorts(folder)
  let azure: AzureEmulator | undefined
  try {
    // One after another: the second of Azure's shares the first one's identity endpoint and certificate.
    for (const name of serviceNames.filter((one) => names.includes(one))) {
      const port = portBase === undefined ? kept.of(name) : portBase + serviceNames.indexOf(name)
      const { emulator, administration } = await starters[name]({ folder, port, now }, azure).catch(
        (error: unknown) => {
          throw portBase === undefined ? taken(name, port, error) : error
        },
      )
      if (name === 'azure-key-vault') azure = emulator as AzureEmulator
      services.push({ name, emulator, administration, key: '' })
      kept.keep(name, Number(new URL(emulator.url).port))
      const key = await administration.firstKey()
      emulator.calls.clear()
      services[services.length - 1] = { name, emulator, administration, key }
    }
    return services
  } catch (error) {
    await stopServices(services)
    throw error
  }
}

/** Ends services, the last first, as one may use what another one has. */
export async function stopServices(services: readonly Service[]): Promise<void> {
  for (const { emulator } of services.toReversed()) await emulator.close()
}

/** Variables with which clients find all the services, and the first keys' URIs as `KEYWRIGHT_<SERVICE>_KEY`. */
export function environmentOf(services: readonly Service[]): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const { emulator } of services) {
    for (const [name, value] of Object.entries(emulator.environment)) {
      const known = joined[name]
      // Azure's two each name their host, in a variable that takes a list.
      joined[name] = known === undefined || known === value ? value : `${known},${value}`
    }
  }
  for (const { name, key } of services)
    joined[`KEYWRIGHT_${name.toUpperCase().replaceAll('-', '_')}_KEY`] = key
  return joined
}
