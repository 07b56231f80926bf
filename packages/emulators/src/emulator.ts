import type { CallLog } from './call-log.ts'
import type { Faults } from './faults.ts'
import type { Grants } from './grants.ts'

/** The services that have a stand-in here. */
export type ServiceName = 'aws-kms' | 'gcp-kms' | 'azure-key-vault' | 'azure-managed-hsm' | 'vault-transit'

/** How an emulator is started. */
export interface EmulatorOptions {
  /** Address to listen on. Default: `127.0.0.1`; an emulator has no business on a network. */
  readonly host?: string | undefined
  /** Port to listen on. Default: 0, any free one. */
  readonly port?: number | undefined
  /** Folder to keep keys in, so that they outlive the process; without it they live in memory. Never put real keys in. */
  readonly folder?: string | undefined
  /** The service's time. Default: the machine's. */
  readonly now?: (() => Date) | undefined
}

/** A running stand-in for one service. */
export interface Emulator {
  readonly name: ServiceName
  /** Where clients connect to, such as `http://127.0.0.1:4599`. */
  readonly url: string
  /** Variables with which the service's unmodified client, and the `keywright` command, find it. */
  readonly environment: Readonly<Record<string, string>>
  /** What it shall do wrong. */
  readonly faults: Faults
  /** What it was asked. */
  readonly calls: CallLog
  /** Who may do what. */
  readonly grants: Grants
  /** Ends every connection and frees the port. */
  readonly close: () => Promise<void>
}
