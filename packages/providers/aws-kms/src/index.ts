export { type AwsKmsOptions, awsKms } from './aws-kms.ts'
export type { AwsKmsClient } from './aws-kms-client.ts'
