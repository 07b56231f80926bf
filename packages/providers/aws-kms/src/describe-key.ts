import type { KeyMetadata, RotationsListEntry } from '@aws-sdk/client-kms'
import type { Capabilities, KeyDescription } from '@keywright/core/provider'
import type { AwsKmsSdk } from './aws-kms-client.ts'

const keyStates: Readonly<Record<string, KeyDescription['state']>> = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  // Nothing can be done with it until its material is imported.
  PendingImport: 'disabled',
  PendingDeletion: 'pending-deletion',
  PendingReplicaDeletion: 'pending-deletion',
}

/** Answers of ListKeyRotations that say: of this key, or for this principal, there is no list. */
const noList = /^(AccessDenied|UnsupportedOperation|KMSInvalidState|Disabled)Exception$/

type Signal = AbortSignal | undefined

/** What the service says of a key, by any of its names. */
export async function keyMetadata(
  sdk: AwsKmsSdk,
  key: string,
  signal: Signal,
): Promise<Partial<KeyMetadata>> {
  const answer = await sdk.send(new sdk.commands.DescribeKeyCommand({ KeyId: key }), signal)
  return answer.KeyMetadata ?? {}
}

/** Where the key material lives: in hardware of AWS, or of CloudHSM, or wherever the owner of a key store has it. */
export function protectionLevel({ Origin: origin }: Partial<KeyMetadata>): Capabilities['protectionLevel'] {
  return origin === undefined ? 'unknown' : origin === 'EXTERNAL_KEY_STORE' ? 'external' : 'hsm'
}

/**
 * Describes a key by DescribeKey and ListKeyRotations. Without the right to list, or for a key without rotation, the
 * current version stands alone.
 */
export async function describeKey(sdk: AwsKmsSdk, key: string, signal: Signal): Promise<KeyDescription> {
  const metadata = await keyMetadata(sdk, key, signal)
  const { CurrentKeyMaterialId: currentVersion, KeyState: state = '', CreationDate: createdAt } = metadata
  const rotations = currentVersion === undefined ? [] : await listRotations(sdk, key, signal)
  const versions = rotations.flatMap(
    ({ KeyMaterialId: version, KeyMaterialState, ImportState, RotationDate }) => {
      if (version === undefined || KeyMaterialState?.startsWith('PENDING')) return []
      const state = ImportState === 'PENDING_IMPORT' ? ('disabled' as const) : ('enabled' as const)
      return [{ version, state, createdAt: RotationDate ?? createdAt }]
    },
  )
  if (currentVersion !== undefined && !versions.some(({ version }) => version === currentVersion)) {
    versions.push({ version: currentVersion, state: 'enabled', createdAt: undefined })
  }
  return {
    state: keyStates[state] ?? 'unknown',
    currentVersion,
    versions,
    protectionLevel: protectionLevel(metadata),
    createdAt,
  }
}

async function listRotations(sdk: AwsKmsSdk, key: string, signal: Signal): Promise<RotationsListEntry[]> {
  // One page of the largest size: more than a key has materials.
  const request = { KeyId: key, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 1000 } as const
  try {
    const { Rotations: entries } = await sdk.send(new sdk.commands.ListKeyRotationsCommand(request), signal)
    return entries ?? []
  } catch (error) {
    if (noList.test(String((error as Partial<Error>).name))) return []
    throw error
  }
}
