import type { ServiceName } from '../emulator.ts'
import { keyFolder } from '../key-folder.ts'

/** The ports of an earlier start, kept beside the keys: URIs of keys at Azure and Vault name them. */
export interface KeptPorts {
  /** The port that a service had; 0, any free one, for a service that never ran. */
  readonly of: (service: ServiceName) => number
  readonly keep: (service: ServiceName, port: number) => void
}

/**
 * Reads the ports of a folder.
 *
 * @param folder undefined: nothing is kept
 * @throws Error for a file that holds something else
 */
export function keptPorts(folder: string | undefined): KeptPorts {
  const file = keyFolder<Partial<Record<ServiceName, unknown>>>(folder, 'ports')
  const ports = file.load() ?? {}
  return {
    of: (service) => {
      const port = ports[service] ?? 0
      if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port
      throw new Error(`ports.json of the folder names no port for ${service}: delete that file.`)
    },
    keep: (service, port) => {
      if (ports[service] === port) return
      ports[service] = port
      file.save(ports)
    },
  }
}

/** What to do where a kept port is taken: with another one, the keys' URIs would name nothing. */
export function taken(service: ServiceName, port: number, error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error
  const message = `${service} had port ${port}, which URIs of its keys may name, and that is taken`
  return new Error(`${message}: end what has it, or move all with --port-base.`, { cause: error })
}
