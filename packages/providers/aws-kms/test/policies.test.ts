import { readFileSync } from 'node:fs'
import {
  CreateGrantCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import { type Kek, keyring, open, rewrap, seal } from '@keywright/core'
import { decodeHeader } from '@keywright/core/engine'
import type { PolicyDocument, PolicyStatement } from '@keywright/emulators'
import { expect, test } from 'vitest'
import { codeOf, type RunningKms, runningKms } from './running-kms.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [oldArn = '', newArn = ''] = new Set(
  readme.match(/arn:aws:kms:eu-west-1:111122223333:key\/[0-9a-f-]{36}/g) ?? [],
)
const at = { context: { tenant: 'acme' } }

interface Keys {
  readonly old: string
  readonly next: string
}

/** The policy under a heading of the README, for these keys. */
function policyOf(heading: string, { old, next }: Keys): PolicyDocument {
  const [, text = ''] =
    new RegExp(`^### ${heading}\n[^#]*?\`\`\`json\n([^\`]+)\`\`\``, 'm').exec(readme) ?? []
  return JSON.parse(text.replaceAll(oldArn, old).replaceAll(newArn, next)) as PolicyDocument
}

const statementsOf = ({ Statement }: PolicyDocument): PolicyStatement[] =>
  [Statement].flat() as PolicyStatement[]
const actionsOf = ({ Action }: PolicyStatement): string[] => [Action].flat() as string[]

/** Every policy that grants one action less. */
function oneLess(policy: PolicyDocument): PolicyDocument[] {
  return statementsOf(policy).flatMap((statement, at) =>
    actionsOf(statement).map((taken) => ({
      Statement: statementsOf(policy).map((each, index) =>
        index === at ? { ...each, Action: actionsOf(each).filter((action) => action !== taken) } : each,
      ),
    })),
  )
}

/** KEKs that sign as the role, `named` by its alias; `foreign` signs as somebody else. */
type Keks = Readonly<Record<'old' | 'next' | 'named' | 'foreign', Kek>>

/** What a role does; `sealed` was sealed by the old key. */
type Role = (keks: Keks, sealed: Uint8Array) => Promise<unknown>

const roles: Readonly<Record<string, Role>> = {
  'Seal only': async ({ old, foreign }) => {
    await seal('x', { keys: keyring({ seal: [old] }), ...at })
    // The second of two KEKs encrypts what the first one drew.
    await seal('x', { keys: keyring({ seal: [foreign, old] }), ...at })
  },
  'Open only': ({ old }, sealed) => open(sealed, { keys: keyring({ open: [old] }), ...at }),
  'Rewrap only': ({ old, next }, sealed) => rewrap(sealed, { from: old, to: next }),
  'Rewrap to new material': async ({ old }, sealed) => {
    const { envelope = sealed, receipt } = await rewrap(sealed, { from: old, to: old })
    const [slot] = decodeHeader(envelope).header.keyTable.groups[0]?.slots ?? []
    expect([receipt.outcome, slot?.keyVersion]).toEqual([
      'verified',
      (await old.describeKey()).currentVersion,
    ])
  },
  'Rewrap unseen': ({ old, next }, sealed) => rewrap(sealed, { from: old, to: next, wrapOnly: true }),
  'Keys by alias or id, and inspection': async ({ named }) => {
    const { versions } = await named.describeKey()
    // One version is told by DescribeKey already; the list of two takes the second right.
    if (versions.length < 2) throw Object.assign(new Error('no list'), { code: 'access-denied' })
  },
}

/** Asked too, and refused without harm. */
const spared: Readonly<Record<string, readonly string[]>> = {
  'Rewrap to new material': ['kms:ListKeyRotations'],
}

interface Stage extends RunningKms {
  readonly keys: Keys
  readonly sealed: Uint8Array
  /** Acts in a role with these rights, and gives `ok` or the code. */
  readonly act: (role: Role, policy: PolicyDocument) => Promise<string>
}

async function stage(): Promise<Stage> {
  const kms = await runningKms()
  const keys = { old: await kms.newKey({}, 'alias/orders'), next: await kms.newKey() }
  const sealed = await seal('x', { keys: keyring({ seal: [kms.kek({ key: keys.old })] }), ...at })
  await kms.admin.send(new RotateKeyOnDemandCommand({ KeyId: keys.old }))
  const act: Stage['act'] = async (role, policy) => {
    const client = kms.client({ accessKeyId: 'ROLE', secretAccessKey: 'secret', policy })
    const kek = (key: string): Kek => kms.kek({ key, client })
    const foreign = kms.kek({ key: keys.next })
    return codeOf(
      role({ old: kek(keys.old), next: kek(keys.next), named: kek('alias/orders'), foreign }, sealed),
    )
  }
  return Object.assign(kms, { keys, sealed, act })
}

test.each(Object.entries(roles))('%s: the policy grants exactly what KMS is asked', async (heading, role) => {
  const { keys, act, actions, forgetActions } = await stage()
  const policy = policyOf(heading, keys)
  forgetActions()
  expect(await act(role, policy)).toBe('ok')
  const granted = statementsOf(policy).flatMap(actionsOf)
  expect(actions('ROLE')).toEqual([...new Set([...granted, ...(spared[heading] ?? [])])].sort())
})

test.each(Object.entries(roles))('%s: with any one grant less, access is denied', async (heading, role) => {
  const { keys, act } = await stage()
  const lesser = oneLess(policyOf(heading, keys))
  expect(lesser.length).toBeGreaterThan(0)
  for (const policy of lesser) expect(await act(role, policy)).toBe('access-denied')
})

const conditioned = Object.entries(roles).slice(0, 5)

test.each(conditioned)(
  '%s: another use of the key, without the constant pair, is not allowed',
  async (heading) => {
    const { keys, client, newKey } = await stage()
    const policy = policyOf(heading, keys)
    const role = client({ accessKeyId: 'OTHER', secretAccessKey: 'secret', policy })
    const owner = client()
    const context = { tenant: 'acme' }
    const { CiphertextBlob } = await owner.send(
      new EncryptCommand({ KeyId: keys.old, Plaintext: new Uint8Array(32), EncryptionContext: context }),
    )
    const [KeyId, EncryptionContext] = [keys.old, context]
    const destination = { SourceEncryptionContext: context, DestinationKeyId: await newKey() }
    const calls = [
      () => role.send(new EncryptCommand({ KeyId, EncryptionContext, Plaintext: new Uint8Array(32) })),
      () => role.send(new GenerateDataKeyCommand({ KeyId, EncryptionContext, NumberOfBytes: 32 })),
      () => role.send(new DecryptCommand({ KeyId, EncryptionContext, CiphertextBlob })),
      () => role.send(new ReEncryptCommand({ CiphertextBlob, ...destination })),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'AccessDeniedException' })
  },
)

test.each(conditioned)('%s: a pair that the policy does not list is not allowed', async (heading, role) => {
  const { keys, act, kek, admin } = await stage()
  const more = { context: { tenant: 'acme', purpose: 'other' } }
  const sealed = await seal('x', { keys: keyring({ seal: [kek({ key: keys.old })] }), ...more })
  await admin.send(new RotateKeyOnDemandCommand({ KeyId: keys.old }))
  const acting: Role = async (keks) => {
    if (heading === 'Seal only') return seal('x', { keys: keyring({ seal: [keks.old] }), ...more })
    if (heading === 'Open only') return open(sealed, { keys: keyring({ open: [keks.old] }), ...more })
    return role(keks, sealed)
  }
  expect(await act(acting, policyOf(heading, keys))).toBe('access-denied')
})

test('the constrained grant opens for its tenant alone', async () => {
  const { keys, sealed, act, admin, kek } = await stage()
  const [, operation = '', constraints = ''] = /--operations (\w+) --constraints '([^']+)'/.exec(readme) ?? []
  const grant = {
    KeyId: keys.old,
    GranteePrincipal: 'arn:aws:iam::111122223333:user/ROLE',
    Operations: [operation as 'Decrypt'],
    Constraints: JSON.parse(constraints) as Record<string, Record<string, string>>,
  }
  const opening: Role = ({ old }) => open(sealed, { keys: keyring({ open: [old] }), ...at })
  const nothing: PolicyDocument = { Statement: [] }
  expect(await act(opening, nothing)).toBe('access-denied')
  await admin.send(new CreateGrantCommand(grant))
  expect(await act(opening, nothing)).toBe('ok')
  const other = { context: { tenant: 'other' } }
  const ofOther = await seal('x', { keys: keyring({ seal: [kek({ key: keys.old })] }), ...other })
  expect(await act(({ old }) => open(ofOther, { keys: keyring({ open: [old] }), ...other }), nothing)).toBe(
    'access-denied',
  )
})
