import type { Capabilities, KeyDescription } from '@keywright/core/provider'
import type { KeyAnswer, VersionAnswer } from './gcp-kms-client.ts'
import { versionOf } from './key-name.ts'
import { maxVersions } from './key-versions.ts'

type KeyState = KeyDescription['state']
type VersionState = KeyDescription['versions'][number]['state']

/** States of a version, and of a key whose primary one it is: a key has none of its own. */
const states: ReadonlyMap<unknown, readonly [VersionState, KeyState]> = new Map([
  ['ENABLED', ['enabled', 'enabled']],
  ['DISABLED', ['disabled', 'disabled']],
  // It can be restored, but is not to be relied on.
  ['DESTROY_SCHEDULED', ['destroyed', 'pending-deletion']],
  ['DESTROYED', ['destroyed', 'destroyed']],
])

const levels: ReadonlyMap<unknown, Capabilities['protectionLevel']> = new Map([
  ['SOFTWARE', 'software'],
  ['HSM', 'hsm'],
  ['HSM_SINGLE_TENANT', 'hsm'],
  ['EXTERNAL', 'external'],
  ['EXTERNAL_VPC', 'external'],
])

/** Where key material lives, from the service's name of it. */
export function protectionLevelOf(name: unknown): Capabilities['protectionLevel'] {
  return levels.get(name) ?? 'unknown'
}

/**
 * A key as the service tells it.
 *
 * @param key the key's full name
 * @param answer the key
 * @param listed its versions, perhaps not all; undefined where they may not be listed: the primary one then stands
 *   alone
 * @throws KeywrightError `invalid-response` or `key-mismatch` for a version that is none of this key
 */
export function describedKey(
  key: string,
  { primary, versionTemplate, createTime }: KeyAnswer,
  listed: readonly VersionAnswer[] | undefined,
): KeyDescription {
  const versions = withPrimary(listed ?? [], primary)
  return {
    state: states.get(primary?.state)?.[1] ?? 'unknown',
    currentVersion: primary == null ? undefined : versionOf(primary.name, key),
    versions: versions.map((version) => ({
      version: versionOf(version.name, key),
      state: states.get(version.state)?.[0] ?? 'unknown',
      createdAt: dateOf(version.createTime),
    })),
    protectionLevel: protectionLevelOf(primary?.protectionLevel ?? versionTemplate?.protectionLevel),
    createdAt: dateOf(createTime),
  }
}

/** The list was cut if the primary version is not in it: its last place is that one's. */
function withPrimary(
  listed: readonly VersionAnswer[],
  primary: KeyAnswer['primary'],
): readonly VersionAnswer[] {
  if (primary == null || listed.some(({ name }) => name === primary.name)) return listed
  return [...listed.slice(0, maxVersions - 1), primary]
}

function dateOf(time: VersionAnswer['createTime']): Date | undefined {
  return time?.seconds == null ? undefined : new Date(Number(time.seconds) * 1000)
}
