import { randomBytes } from 'node:crypto'
import { KmsError } from './kms-error.ts'
import { allowedKey, type KmsRequest, type KmsService, type Operation, seconds } from './kms-service.ts'
import { aliasArn, type KmsGrant } from './kms-state.ts'
import { parsePolicy } from './policy-document.ts'

/** Aliases, key policies and grants. */
export const accessOperations: Readonly<Record<string, Operation>> = {
  CreateAlias: (service, request) => {
    const { alias, arn } = namedAlias(request)
    const key = allowedKey(service, request, request.input.text('TargetKeyId'))
    if (service.state.aliases(request.region).some(([existing]) => existing === arn)) {
      throw new KmsError(
        'AlreadyExistsException',
        `An alias with the name ${aliasArn(request.region, alias)} already exists`,
      )
    }
    return setAlias(service, arn, key.arn)
  },
  UpdateAlias: (service, request) => {
    const { alias, arn } = namedAlias(request)
    service.state.resolve(alias, request.region, request.now)
    return setAlias(service, arn, allowedKey(service, request, request.input.text('TargetKeyId')).arn)
  },
  DeleteAlias: (service, request) => {
    const { alias, arn } = namedAlias(request)
    allowedKey(service, request, alias)
    return setAlias(service, arn, undefined)
  },
  ListAliases: (service, request) => {
    const { input, principal, region, now, operation } = request
    service.authorisation.check(principal, { action: operation })
    const only = input.optionalText('KeyId')
    const key = only === undefined ? undefined : service.state.resolve(only, region, now).arn
    const aliases = service.state.aliases(region).filter(([, target]) => key === undefined || target === key)
    const entries = aliases.map(([arn, target]) => ({
      AliasArn: arn,
      AliasName: arn.slice(arn.indexOf('alias/')),
      TargetKeyId: target.slice(target.indexOf('/') + 1),
    }))
    return { Aliases: entries, Truncated: false }
  },
  GetKeyPolicy: (service, request) => ({
    Policy: allowedKey(service, request).policy,
    PolicyName: 'default',
  }),
  PutKeyPolicy: (service, request) => {
    const key = allowedKey(service, request)
    const policy = request.input.text('Policy')
    parsePolicy(policy)
    key.policy = policy
    service.state.save()
    return undefined
  },
  CreateGrant: (service, request) => {
    const { input, now } = request
    const key = allowedKey(service, request)
    const id = randomBytes(32).toString('hex')
    const grant: KmsGrant = {
      id,
      keyArn: key.arn,
      name: input.optionalText('Name'),
      grantee: input.text('GranteePrincipal'),
      operations: input.texts('Operations'),
      constraints: input.maps('Constraints'),
      createdAt: now.getTime(),
    }
    service.state.setGrants([...service.state.grants, grant])
    service.state.save()
    return { GrantId: id, GrantToken: randomBytes(96).toString('base64url') }
  },
  ListGrants: (service, request) => {
    const key = allowedKey(service, request)
    const grants = service.state.grants.filter(({ keyArn }) => keyArn === key.arn)
    const entries = grants.map((grant) => ({
      Constraints: grant.constraints,
      CreationDate: seconds(grant.createdAt),
      GrantId: grant.id,
      GranteePrincipal: grant.grantee,
      KeyId: grant.keyArn,
      Name: grant.name,
      Operations: grant.operations,
    }))
    return { Grants: entries, Truncated: false }
  },
  RevokeGrant: (service, request) => {
    const key = allowedKey(service, request)
    const id = request.input.text('GrantId')
    const left = service.state.grants.filter((grant) => grant.keyArn !== key.arn || grant.id !== id)
    if (left.length === service.state.grants.length) {
      throw new KmsError('NotFoundException', `Grant ID ${id} not found`)
    }
    service.state.setGrants(left)
    service.state.save()
    return undefined
  },
}

function namedAlias({ input, region }: KmsRequest): { readonly alias: string; readonly arn: string } {
  const alias = input.text('AliasName')
  if (!alias.startsWith('alias/')) {
    const where = 'https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'
    throw new KmsError(
      'ValidationException',
      `Alias must start with the prefix "alias/". Please see ${where}`,
    )
  }
  return { alias, arn: aliasArn(region, alias) }
}

function setAlias({ state }: KmsService, alias: string, key: string | undefined): undefined {
  state.setAlias(alias, key)
  state.save()
}
