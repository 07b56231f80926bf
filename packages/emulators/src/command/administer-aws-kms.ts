import { randomBytes } from 'node:crypto'
import type { AwsKmsEmulator } from '../aws-kms/aws-kms-emulator.ts'
import { type Administration, AdministrationError, firstKeyName, referenceOf } from './administration.ts'
import { signedHeaders } from './sign-aws-request.ts'

const alias = `alias/${firstKeyName}`
/** The shortest that the service takes. */
const pendingDays = 7

/**
 * The operator of AWS KMS, a principal of its own.
 *
 * @param now the service's time, by which it signs
 */
export function administerAwsKms(emulator: AwsKmsEmulator, now: () => Date): Administration {
  const operator = {
    accessKeyId: 'KEYWRIGHTOPERATORKEY',
    secretAccessKey: randomBytes(30).toString('base64url'),
  }
  emulator.addPrincipal(operator)
  const homeRegion = emulator.environment['AWS_REGION'] ?? ''

  async function call<Answer>(operation: string, input: object, region = homeRegion): Promise<Answer> {
    const body = JSON.stringify(input)
    const { host } = new URL(emulator.url)
    const headers = signedHeaders({ ...operator, region }, { host, operation, body }, now())
    const answer = await fetch(emulator.url, { method: 'POST', headers, body })
    const text = await answer.text()
    if (!answer.ok) throw new AdministrationError(`${operation} was answered with ${answer.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

  const act = (operation: string, more: object = {}) => {
    return async (uri: string): Promise<void> => {
      const reference = referenceOf(uri, 'aws-kms')
      // The fourth part of an ARN; an alias or a plain id is looked for at home.
      await call(operation, { KeyId: reference, ...more }, reference.split(':')[3])
    }
  }

  return {
    async firstKey() {
      const { Aliases } = await call<{ Aliases: readonly Alias[] }>('ListAliases', {})
      const existing = Aliases.find(({ AliasName }) => AliasName === alias)?.TargetKeyId
      const { KeyMetadata } = await (existing === undefined
        ? call<Described>('CreateKey', { Description: 'first key of the emulator' })
        : call<Described>('DescribeKey', { KeyId: existing }))
      if (existing === undefined)
        await call('CreateAlias', { AliasName: alias, TargetKeyId: KeyMetadata.KeyId })
      return `aws-kms://${KeyMetadata.Arn}`
    },
    actions: {
      rotate: act('RotateKeyOnDemand'),
      disable: act('DisableKey'),
      enable: act('EnableKey'),
      destroy: act('ScheduleKeyDeletion', { PendingWindowInDays: pendingDays }),
    },
  }
}

interface Alias {
  readonly AliasName: string
  readonly TargetKeyId?: string
}

interface Described {
  readonly KeyMetadata: { readonly KeyId: string; readonly Arn: string }
}
