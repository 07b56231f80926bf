import { randomBytes, randomUUID } from 'node:crypto'
import { defaultKeyPolicy } from './authorisation.ts'
import { KmsError } from './kms-error.ts'
import { allowedKey, type KmsService, type Operation, seconds } from './kms-service.ts'
import { account, type KmsKey, keyArn } from './kms-state.ts'
import { parsePolicy } from './policy-document.ts'

const day = 86_400_000
/** On-demand rotations that a key may have. */
const maxRotations = 25

/** Making, describing, switching and deleting keys. */
export const keyOperations: Readonly<Record<string, Operation>> = {
  CreateKey: (service, { input, region, principal, now, operation }) => {
    service.authorisation.check(principal, { action: operation })
    const policy = input.optionalText('Policy') ?? defaultKeyPolicy
    parsePolicy(policy)
    const origin = input.optionalText('Origin') ?? 'AWS_KMS'
    const multiRegion = input.flag('MultiRegion')
    const id = multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID()
    const key = service.state.addKey({
      id,
      arn: keyArn(region, id),
      region,
      createdAt: now.getTime(),
      description: input.optionalText('Description') ?? '',
      spec:
        input.optionalText('KeySpec') ?? input.optionalText('CustomerMasterKeySpec') ?? 'SYMMETRIC_DEFAULT',
      usage: input.optionalText('KeyUsage') ?? 'ENCRYPT_DECRYPT',
      origin,
      customKeyStoreId: input.optionalText('CustomKeyStoreId'),
      primaryRegion: multiRegion ? region : undefined,
      state: origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
      policy,
    })
    service.state.save()
    return { KeyMetadata: metadata(service, key) }
  },
  ReplicateKey: (service, request) => {
    const { input, now } = request
    const primary = allowedKey(service, request)
    const region = input.text('ReplicaRegion')
    if (primary.primaryRegion !== primary.region) {
      throw new KmsError('UnsupportedOperationException', `${primary.arn} is not a multi-Region primary key.`)
    }
    if (service.state.replicas(primary.id).some((replica) => replica.region === region)) {
      throw new KmsError('AlreadyExistsException', `${keyArn(region, primary.id)} already exists.`)
    }
    const policy = input.optionalText('Policy') ?? defaultKeyPolicy
    parsePolicy(policy)
    const description = input.optionalText('Description') ?? ''
    const place = { region, arn: keyArn(region, primary.id), createdAt: now.getTime() }
    const replica = service.state.addKey({ ...primary, ...place, description, policy, state: 'Enabled' })
    service.state.save()
    return { ReplicaKeyMetadata: metadata(service, replica), ReplicaPolicy: policy, ReplicaTags: [] }
  },
  DescribeKey: (service, request) => ({ KeyMetadata: metadata(service, allowedKey(service, request)) }),
  ListKeys: ({ authorisation, state }, { principal, region, operation }) => {
    authorisation.check(principal, { action: operation })
    const keys = state.keys(region).map(({ arn, id }) => ({ KeyArn: arn, KeyId: id }))
    return { Keys: keys, Truncated: false }
  },
  EnableKey: (service, request) => {
    const key = allowedKey(service, request)
    refusePending(key)
    key.state = 'Enabled'
    return done(service)
  },
  DisableKey: (service, request) => {
    const key = allowedKey(service, request)
    refusePending(key)
    key.state = 'Disabled'
    return done(service)
  },
  ScheduleKeyDeletion: (service, request) => {
    const key = allowedKey(service, request)
    refusePending(key)
    const days = request.input.integer('PendingWindowInDays', 7, 30) ?? 30
    key.state = 'PendingDeletion'
    key.deletionDate = request.now.getTime() + days * day
    service.state.save()
    const at = seconds(key.deletionDate)
    return { DeletionDate: at, KeyId: key.arn, KeyState: key.state, PendingWindowInDays: days }
  },
  CancelKeyDeletion: (service, request) => {
    const key = allowedKey(service, request)
    if (key.state !== 'PendingDeletion') {
      throw new KmsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`)
    }
    key.state = 'Disabled'
    key.deletionDate = undefined
    service.state.save()
    return { KeyId: key.arn }
  },
  RotateKeyOnDemand: (service, request) => {
    const key = allowedKey(service, request)
    if (key.state === 'Disabled') throw new KmsError('DisabledException', `${key.arn} is disabled.`)
    refusePending(key)
    refuseWithoutMaterials(key)
    if (service.state.materials(key).length > maxRotations) {
      const message = `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${key.arn}`
      throw new KmsError('LimitExceededException', message)
    }
    service.state.rotate(key, request.now)
    service.state.save()
    return { KeyId: key.arn }
  },
  ListKeyRotations: (service, request) => {
    const key = allowedKey(service, request)
    refuseWithoutMaterials(key)
    const materials = service.state.materials(key)
    const all = request.input.optionalText('IncludeKeyMaterial') === 'ALL_KEY_MATERIAL'
    const entries = materials.map(({ id, rotatedAt }, at) => ({
      KeyId: key.arn,
      KeyMaterialId: id,
      KeyMaterialState: at === materials.length - 1 ? 'CURRENT' : 'NON_CURRENT',
      ...(rotatedAt === undefined ? {} : { RotationDate: seconds(rotatedAt), RotationType: 'ON_DEMAND' }),
    }))
    const listed = all ? entries : entries.slice(1)
    const from = Number(request.input.optionalText('Marker') ?? 0)
    const to = from + (request.input.integer('Limit', 1, 1000) ?? 100)
    const rest = to < listed.length
    return { ...(rest ? { NextMarker: String(to) } : {}), Rotations: listed.slice(from, to), Truncated: rest }
  },
}

function done({ state }: KmsService): undefined {
  state.save()
}

function refusePending({ arn, state }: KmsKey): void {
  if (state === 'PendingDeletion')
    throw new KmsError('KMSInvalidStateException', `${arn} is pending deletion.`)
}

function refuseWithoutMaterials({ arn, origin, spec }: KmsKey): void {
  if (origin !== 'AWS_KMS') {
    const message = `${arn} origin is ${origin} which is not valid for this operation.`
    throw new KmsError('UnsupportedOperationException', message)
  }
  if (spec !== 'SYMMETRIC_DEFAULT') {
    throw new KmsError(
      'UnsupportedOperationException',
      `${arn} key spec is ${spec} which is not valid for this operation.`,
    )
  }
}

/** Members without a value are left out of the answer. */
function metadata({ state }: KmsService, key: KmsKey): Readonly<Record<string, unknown>> {
  const encrypts = key.usage === 'ENCRYPT_DECRYPT'
  const rotates = key.spec === 'SYMMETRIC_DEFAULT' && key.customKeyStoreId === undefined
  const place = (replica: KmsKey): object => ({ Arn: replica.arn, Region: replica.region })
  const replicas = key.primaryRegion === undefined ? [] : state.replicas(key.id)
  const primary = replicas.find(({ region }) => region === key.primaryRegion)
  return {
    AWSAccountId: account,
    Arn: key.arn,
    CreationDate: seconds(key.createdAt),
    CurrentKeyMaterialId: rotates ? state.materials(key).at(-1)?.id : undefined,
    CustomKeyStoreId: key.customKeyStoreId,
    CustomerMasterKeySpec: key.spec,
    DeletionDate: key.deletionDate === undefined ? undefined : seconds(key.deletionDate),
    Description: key.description,
    Enabled: key.state === 'Enabled',
    EncryptionAlgorithms: encrypts && key.spec === 'SYMMETRIC_DEFAULT' ? ['SYMMETRIC_DEFAULT'] : undefined,
    KeyId: key.id,
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    KeyState: key.state,
    KeyUsage: key.usage,
    MultiRegion: key.primaryRegion !== undefined,
    MultiRegionConfiguration: primary && {
      MultiRegionKeyType: primary === key ? 'PRIMARY' : 'REPLICA',
      PrimaryKey: place(primary),
      ReplicaKeys: replicas.filter((replica) => replica !== primary).map(place),
    },
    Origin: key.origin,
  }
}
