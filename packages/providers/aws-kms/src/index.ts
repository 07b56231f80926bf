export { awsKms } from './aws-kms.ts'
export type { AwsKmsClient } from './aws-kms-client.ts'
export type { AwsKmsOptions } from './aws-kms-options.ts'
