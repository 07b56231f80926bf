export type { AwsPrincipal } from './aws-kms/authorisation.ts'
export { type AwsKmsEmulator, awsKmsEmulator } from './aws-kms/aws-kms-emulator.ts'
export type { PolicyDocument, PolicyStatement } from './aws-kms/policy-document.ts'
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
export type { VaultHealth } from './vault-transit/vault-conditions.ts'
export {
  type VaultTransitEmulator,
  type VaultTransitEmulatorOptions,
  vaultTransitEmulator,
} from './vault-transit/vault-transit-emulator.ts'
