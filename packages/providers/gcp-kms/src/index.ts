export { gcpKms } from './gcp-kms.ts'
export type { GcpKmsClient } from './gcp-kms-client.ts'
export type { GcpKmsOptions } from './gcp-kms-options.ts'
