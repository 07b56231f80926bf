export {
  type AzureEmulator,
  type AzureEmulatorOptions,
  azureKeyVaultEmulator,
  azureManagedHsmEmulator,
} from './azure-key-vault/emulator.ts'
export type { TokenRequest as AzureTokenRequest } from './azure-key-vault/identity.ts'
export { type AnsweredCall, type Call, CallLog } from './call-log.ts'
export type { Emulator, EmulatorOptions, ServiceName } from './emulator.ts'
export {
  type CallFaults,
  type Fault,
  type FaultRule,
  Faults,
  type ServiceFault,
  type TransportFault,
} from './faults.ts'
export { type GcpKmsEmulator, gcpKmsEmulator } from './gcp-kms/gcp-kms-emulator.ts'
export { Grants } from './grants.ts'
