import { denied, type Place, plaintext, refused, type Situation } from './aws-kms-situation.ts'

const incorrect = 'The key ID in the request does not identify a CMK that can perform this operation.'

/** A key that encrypts nothing. */
const hmacKey = ({ newKey }: Place): Promise<string> =>
  newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })

async function disabledKey({ call, newKey }: Place): Promise<string> {
  const key = await newKey()
  await call('DisableKey', { KeyId: key })
  return key
}

/** Refusals with a text, as the service was seen to word them. */
export const refusals: readonly Situation[] = [
  refused(
    'Decrypt naming another key',
    'recorded-parsed',
    'IncorrectKeyException',
    incorrect,
    async (place) => {
      const CiphertextBlob = await place.encrypt(await place.newKey())
      return place.call('Decrypt', { CiphertextBlob, KeyId: await hmacKey(place) })
    },
  ),
  refused(
    'ReEncrypt naming another source key',
    'recorded-parsed',
    'IncorrectKeyException',
    incorrect,
    async (place) => {
      const CiphertextBlob = await place.encrypt(await place.newKey())
      const [SourceKeyId, DestinationKeyId] = [await hmacKey(place), await place.newKey()]
      return place.call('ReEncrypt', { CiphertextBlob, SourceKeyId, DestinationKeyId })
    },
  ),
  refused('disabled key', 'recorded-parsed', 'DisabledException', 'KEY is disabled.', async (place) =>
    place.call('RotateKeyOnDemand', { KeyId: await disabledKey(place) }),
  ),
  refused(
    'GenerateDataKey under a disabled key',
    'recorded-parsed',
    'DisabledException',
    'KEY is disabled.',
    async (place) => place.call('GenerateDataKey', { KeyId: await disabledKey(place), NumberOfBytes: 32 }),
  ),
  refused(
    'GenerateDataKey under a key pending deletion',
    'recorded-parsed',
    'KMSInvalidStateException',
    'KEY is pending deletion.',
    async ({ call, newKey }) => {
      const key = await newKey()
      await call('ScheduleKeyDeletion', { KeyId: key, PendingWindowInDays: 7 })
      return call('GenerateDataKey', { KeyId: key, NumberOfBytes: 32 })
    },
  ),
  refused(
    'Encrypt under a key pending import',
    'recorded-parsed',
    'KMSInvalidStateException',
    'KEY is pending import.',
    async ({ call, newKey }) =>
      call('Encrypt', { KeyId: await newKey({ Origin: 'EXTERNAL' }), Plaintext: plaintext }),
  ),
  refused(
    'unknown key id, a UUID',
    'recorded-parsed',
    'NotFoundException',
    "Key 'KEY' does not exist",
    async ({ call }) => call('DescribeKey', { KeyId: '00000000-0000-0000-0000-000000000001' }),
  ),
  refused(
    'unknown key id, not a UUID',
    'recorded-parsed',
    'NotFoundException',
    "Invalid keyId 'fake-key-id'",
    async ({ call }) => call('DescribeKey', { KeyId: 'fake-key-id' }),
  ),
  refused(
    'key of another Region by id',
    'recorded-parsed',
    'NotFoundException',
    "Key 'KEY' does not exist",
    async ({ call, newKey }) => call('DescribeKey', { KeyId: (await newKey()).split('/')[1] }, 'us-west-2'),
  ),
  refused(
    'key of another Region by ARN',
    'recorded-parsed',
    'NotFoundException',
    'Invalid arn REGION',
    async ({ call, newKey }) => call('DescribeKey', { KeyId: await newKey() }, 'us-west-2'),
  ),
  refused(
    'unknown alias',
    'recorded-parsed',
    'NotFoundException',
    'Alias ALIAS is not found.',
    async ({ call }) => call('DescribeKey', { KeyId: 'alias/eks_invalid_key' }),
  ),
  refused(
    'Encrypt with a key of another usage',
    'recorded-parsed',
    'InvalidKeyUsageException',
    'KEY key usage is SIGN_VERIFY which is not valid for Encrypt.',
    async ({ call, newKey }) =>
      call('Encrypt', {
        KeyId: await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
        Plaintext: plaintext,
      }),
  ),
  refused(
    'Encrypt of more than 4,096 bytes',
    'recorded-parsed',
    'ValidationException',
    "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    async ({ call, newKey }) =>
      call('Encrypt', { KeyId: await newKey(), Plaintext: Buffer.alloc(4097).toString('base64') }),
  ),
  refused(
    'Encrypt of nothing',
    'recorded-parsed',
    'ValidationException',
    "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    async ({ call, newKey }) => call('Encrypt', { KeyId: await newKey(), Plaintext: '' }),
  ),
  refused(
    'DryRun',
    'recorded-parsed',
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
    async ({ call, newKey }) =>
      call('GenerateDataKey', { KeyId: await newKey(), NumberOfBytes: 32, DryRun: true }),
  ),
  refused(
    'alias without the prefix alias/',
    'recorded-parsed',
    'ValidationException',
    'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    async ({ call, newKey }) => call('CreateAlias', { AliasName: 'no-prefix', TargetKeyId: await newKey() }),
  ),
  refused(
    'limit of rotations on demand',
    'recorded-parsed',
    'LimitExceededException',
    'The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: KEY',
    async ({ call, newKey }) => {
      const key = await newKey()
      let answer = await call('RotateKeyOnDemand', { KeyId: key })
      while (answer.status === 200) answer = await call('RotateKeyOnDemand', { KeyId: key })
      return answer
    },
  ),
  denied(
    'no permission, denied by a key policy',
    'quoted',
    'User: USER is not authorized to perform: kms:Decrypt on resource: KEY with an explicit deny in a resource-based policy',
    async ({ call, newKey, encrypt }) => {
      const key = await newKey()
      const blob = await encrypt(key)
      const all = { Effect: 'Allow', Principal: '*', Action: 'kms:*' }
      const Policy = JSON.stringify({ Statement: [all, { ...all, Effect: 'Deny', Action: 'kms:Decrypt' }] })
      await call('PutKeyPolicy', { KeyId: key, Policy })
      return call('Decrypt', { CiphertextBlob: blob })
    },
  ),
  denied(
    'no permission, for no key policy gives it',
    'recorded-parsed',
    'User: USER is not authorized to perform: kms:ListKeyRotations on resource: KEY because no resource-based policy allows the kms:ListKeyRotations action',
    async ({ call, newKey }) => {
      const Policy = JSON.stringify({
        Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey' },
      })
      return call('ListKeyRotations', { KeyId: await newKey({ Policy }) })
    },
  ),
  denied(
    "no permission, for no policy of the caller's gives it",
    'recorded-parsed',
    'User: USER is not authorized to perform: kms:DescribeKey on resource: KEY because no identity-based policy allows the kms:DescribeKey action',
    async ({ call, newKey, emulator: { grants, environment } }) => {
      const [key, owner] = [await newKey(), environment['AWS_ACCESS_KEY_ID'] ?? '']
      grants.limit(owner, [])
      const answer = await call('DescribeKey', { KeyId: key })
      grants.release(owner)
      return answer
    },
  ),
  denied(
    'Decrypt where the key of the ciphertext is gone',
    'quoted',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    async ({ call, newKey, encrypt }) =>
      call('Decrypt', { CiphertextBlob: await encrypt(await newKey()) }, 'us-west-2'),
  ),
  refused(
    'throttled',
    'quoted',
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    async ({ call, emulator }) => {
      emulator.faults.add({ fault: { kind: 'throttle' }, times: 1 })
      return call('GenerateRandom', { NumberOfBytes: 8 })
    },
  ),
]
