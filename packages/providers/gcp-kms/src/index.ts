export { type GcpKmsOptions, gcpKms } from './gcp-kms.ts'
export type { GcpKmsClient } from './gcp-kms-client.ts'
