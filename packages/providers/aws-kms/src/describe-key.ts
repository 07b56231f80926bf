import type { KeyMetadata, RotationsListEntry } from '@aws-sdk/client-kms'
import type { Capabilities, KeyDescription } from '@keywright/core'
import { type AwsKmsSdk, within } from './aws-kms-client.ts'

const keyStates: Readonly<Record<string, KeyDescription['state']>> = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  // Nothing can be done with it until its material is imported.
  PendingImport: 'disabled',
  PendingDeletion: 'pending-deletion',
  PendingReplicaDeletion: 'pending-deletion',
}

/** Answers of ListKeyRotations that say: of this key, or for this principal, there is no list. */
const noList: ReadonlySet<unknown> = new Set([
  'AccessDeniedException',
  'UnsupportedOperationException',
  'KMSInvalidStateException',
  'DisabledException',
])

/** Of 1,000 entries each, more than a key has materials. */
const maxPages = 4

type Signal = AbortSignal | undefined

/** What the service says of a key, by any of its names. */
export async function keyMetadata(
  sdk: AwsKmsSdk,
  key: string,
  signal?: Signal,
): Promise<Partial<KeyMetadata>> {
  const answer = await within(signal, (options) =>
    sdk.client.send(new sdk.commands.DescribeKeyCommand({ KeyId: key }), options),
  )
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
  const versions = rotations.flatMap((entry) => {
    const { KeyMaterialId: version, KeyMaterialState: use, ImportState: imported, RotationDate: date } = entry
    if (version === undefined || use?.startsWith('PENDING')) return []
    return [
      {
        version,
        state: imported === 'PENDING_IMPORT' ? 'disabled' : 'enabled',
        createdAt: date ?? createdAt,
      } as const,
    ]
  })
  const listed = versions.some(({ version }) => version === currentVersion)
  const current =
    listed || currentVersion === undefined ? [] : [{ version: currentVersion, state: 'enabled' } as const]
  return {
    state: keyStates[state] ?? 'unknown',
    currentVersion,
    versions: [...versions, ...current],
    protectionLevel: protectionLevel(metadata),
    createdAt,
  }
}

async function listRotations(sdk: AwsKmsSdk, key: string, signal: Signal): Promise<RotationsListEntry[]> {
  const found: RotationsListEntry[] = []
  let from = {}
  try {
    for (let page = 0; page < maxPages; page++) {
      const request = { KeyId: key, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 1000, ...from } as const
      const command = new sdk.commands.ListKeyRotationsCommand(request)
      const { Rotations: entries = [], NextMarker: next } = await within(signal, (options) =>
        sdk.client.send(command, options),
      )
      found.push(...entries)
      if (next === undefined) break
      from = { Marker: next }
    }
    return found
  } catch (error) {
    if (noList.has((error as Partial<Error>).name)) return []
    throw error
  }
}
