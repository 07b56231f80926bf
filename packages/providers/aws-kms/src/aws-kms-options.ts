import type { AwsKmsClient } from './aws-kms-client.ts'

/** Options of `awsKms`. */
export interface AwsKmsOptions {
  /** A key ARN, a key id, `alias/NAME` or the ARN of an alias. All but the first are looked up once, on connection. */
  readonly key: string
  /**
   * The Region to call. Default: the ARN's, else what the SDK finds (AWS_REGION, the profile). Beside the ARN of a
   * multi-Region key it names the Region of the replica to use.
   */
  readonly region?: string | undefined
  /**
   * How the encryption context is bound: `map` (default) sends its pairs, which CloudTrail shows and IAM conditions can
   * ask for; `digest` sends a digest of them, and unwraps nothing that was wrapped with a map.
   */
  readonly context?: 'map' | 'digest' | undefined
  /** ARNs of keys that the alias stood for earlier, at most 16: they still unwrap, and wrap nothing new. */
  readonly formerKeys?: readonly string[] | undefined
  /**
   * Whether DescribeKey is called on connection for a key ARN too, as a key in a custom key store needs. Default: only
   * for aliases and key ids.
   */
  readonly describeOnConnect?: boolean | undefined
  /** A ready client, which stays open when the KEK is closed. Turn its own retries off (`maxAttempts: 1`). */
  readonly client?: AwsKmsClient | undefined
}
