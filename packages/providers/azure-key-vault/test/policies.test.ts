import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Kek, keyring, open, rewrap, seal } from '@keywright/core'
import { afterEach, describe, expect, test } from 'vitest'
import { type AzureScene, azureScene, failureOf } from './azure-scene.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

interface Role {
  readonly title: string
  readonly grants: readonly string[]
}

function titled(name: string): string {
  return name.replace('Keywright ', '')
}

/** Custom roles, as JSON: those of Azure for vaults, and the local ones of a managed HSM, which spell it smaller. */
const fences = [...readme.matchAll(/^```json\n([^`]*)```$/gm)].map(
  ([, text = '']) => JSON.parse(text) as CustomRole,
)

interface CustomRole {
  readonly Name?: string
  readonly DataActions?: readonly string[]
  readonly roleName?: string
  readonly dataActions?: readonly string[]
}

const vaultRoles: readonly Role[] = fences.flatMap(({ Name, DataActions: grants }) =>
  Name === undefined || grants === undefined ? [] : [{ title: titled(Name), grants }],
)
const hsmRoles: readonly Role[] = fences.flatMap(({ roleName, dataActions: grants }) =>
  roleName === undefined || grants === undefined ? [] : [{ title: titled(roleName), grants }],
)
/** Access policies, as commands, each after a line that names its task. */
const accessPolicies: readonly Role[] = [
  ...readme.matchAll(/^# (.+)\naz keyvault set-policy .*--key-permissions (.+)$/gm),
].map(([, title = '', grants = '']) => ({ title, grants: grants.split(' ') }))

/** What each operation takes, as Azure documents it. */
const inVault: Readonly<Record<string, string>> = {
  getKey: 'Microsoft.KeyVault/vaults/keys/read',
  getKeyVersions: 'Microsoft.KeyVault/vaults/keys/read',
  wrapKey: 'Microsoft.KeyVault/vaults/keys/wrap/action',
  unwrapKey: 'Microsoft.KeyVault/vaults/keys/unwrap/action',
}
const byAccessPolicy: Readonly<Record<string, string>> = {
  getKey: 'get',
  getKeyVersions: 'list',
  wrapKey: 'wrapKey',
  unwrapKey: 'unwrapKey',
}
const inHsm: Readonly<Record<string, string>> = {
  getKey: 'Microsoft.KeyVault/managedHsm/keys/read/action',
  getKeyVersions: 'Microsoft.KeyVault/managedHsm/keys/read/action',
  wrapKey: 'Microsoft.KeyVault/managedHsm/keys/wrap/action',
  unwrapKey: 'Microsoft.KeyVault/managedHsm/keys/unwrap/action',
  encrypt: 'Microsoft.KeyVault/managedHsm/keys/encrypt/action',
  decrypt: 'Microsoft.KeyVault/managedHsm/keys/decrypt/action',
}

let scene: AzureScene | undefined

afterEach(async () => {
  await scene?.close()
  scene = undefined
})

const context = { tenant: 'a' }

async function sealedBy(kek: Kek): Promise<Uint8Array> {
  return seal('for some eyes only', { keys: keyring({ seal: [kek] }), context })
}

interface Task {
  readonly title: string
  /** Whose role it needs; default: the one of its title. */
  readonly role?: string
  /** Made after the seal, before the role counts. */
  readonly prepare?: (scene: AzureScene) => Promise<unknown>
  /** What an access policy need not grant: it is asked, and refused without harm. */
  readonly spared?: readonly string[]
  readonly run: (scene: AzureScene, sealed: Uint8Array, options: KekOptions) => Promise<unknown>
}

type KekOptions = Parameters<AzureScene['kek']>[0]

const tasks: readonly Task[] = [
  { title: 'seal only', run: ({ kek }, _, options) => sealedBy(kek(options)) },
  {
    title: 'open only',
    run: ({ kek }, sealed, options) => open(sealed, { keys: keyring({ open: [kek(options)] }), context }),
  },
  {
    title: 'rewrap only',
    run: ({ kek, emulator }, sealed, options) =>
      rewrap(sealed, { from: kek(options), to: kek({ ...options, key: `${emulator.host}/keys/invoices` }) }),
  },
  {
    title: 'rewrap to a new version',
    role: 'rewrap only',
    prepare: ({ keys }) => keys.rotateKey('orders'),
    run: async ({ kek, emulator }, sealed, options) => {
      // As an access policy without it does; a role cannot tell it from reading.
      emulator.faults.add({ fault: { kind: 'deny' }, operations: ['getKeyVersions'] })
      const orders = kek(options)
      const { receipt } = await rewrap(sealed, { from: orders, to: orders })
      expect([receipt.outcome, receipt.added.length, receipt.dropped.length]).toEqual(['verified', 1, 1])
    },
    spared: ['list'],
  },
  { title: 'describe', run: ({ kek }, _, options) => kek(options).describeKey() },
]

/** Seals under `orders`, with everything allowed, and forgets the calls. */
async function prepared(type: 'RSA' | 'oct-HSM', options: KekOptions, task?: Task): Promise<Uint8Array> {
  scene = await azureScene(type)
  await scene.keys.createKey('invoices', type)
  const sealed = await sealedBy(scene.kek(options))
  await task?.prepare?.(scene)
  scene.emulator.calls.clear()
  return sealed
}

async function asked(task: Task, type: 'RSA' | 'oct-HSM', options?: KekOptions): Promise<readonly string[]> {
  const sealed = await prepared(type, options, task)
  if (scene === undefined) return []
  await task.run(scene, sealed, options)
  return scene.emulator.calls.operations().filter((operation) => operation !== 'challenge')
}

function granted(roles: readonly Role[], title: string): readonly string[] {
  return roles.find((role) => role.title === title)?.grants ?? []
}

function permissions(operations: readonly string[], table: Readonly<Record<string, string>>): string[] {
  return [...new Set(operations.map((operation) => table[operation] ?? `nothing for ${operation}`))].sort()
}

test.each([
  ['roles for a vault', vaultRoles],
  ['access policies', accessPolicies],
  ['roles for a managed HSM', hsmRoles],
])('the README shows %s for each task, and no other', (_, roles) => {
  const needed = new Set(tasks.map(({ title, role = title }) => role))
  expect(roles.map(({ title }) => title)).toEqual([...needed])
})

describe.each(tasks)('$title', (task) => {
  const { title, role = title, run, spared = [] } = task

  test('the role and the access policy for a vault list exactly what the service was asked', async () => {
    const operations = await asked(task, 'RSA')
    expect([...granted(vaultRoles, role)].sort()).toEqual(permissions(operations, inVault))
    expect([...granted(accessPolicies, role), ...spared].sort()).toEqual(
      permissions(operations, byAccessPolicy),
    )
  })

  test('the role for a managed HSM lists exactly what the service was asked', async () => {
    const operations = await asked(task, 'oct-HSM')
    expect([...granted(hsmRoles, role)].sort()).toEqual(permissions(operations, inHsm))
  })

  test('with A256KW, wrap and unwrap stand where that role has encrypt and decrypt', async () => {
    const operations = await asked(task, 'oct-HSM', { algorithm: 'A256KW' })
    const replaced = granted(hsmRoles, role).map((grant) =>
      grant.replace('/encrypt/', '/wrap/').replace('/decrypt/', '/unwrap/'),
    )
    const reads = title === 'describe' ? [] : [inHsm['getKey']]
    expect([...replaced].sort()).toEqual([...new Set([...permissions(operations, inHsm), ...reads])].sort())
  })

  const roles = [
    ['RSA', granted(vaultRoles, role)],
    ['oct-HSM', granted(hsmRoles, role)],
  ] as const

  test.each(roles)('the role is enough (%s)', async (type, grants) => {
    const sealed = await prepared(type, undefined, task)
    scene?.emulator.grants.limit('emulator', grants)
    if (scene !== undefined) await run(scene, sealed, undefined)
  })

  test.each(roles.flatMap(([type, grants]) => grants.map((grant) => [grant, type, grants] as const)))(
    'without %s it is access-denied',
    async (grant, type, grants) => {
      const sealed = await prepared(type, undefined, task)
      scene?.emulator.grants.limit(
        'emulator',
        grants.filter((other) => other !== grant),
      )
      if (scene === undefined) throw new Error('no scene')
      const failure = await failureOf(run(scene, sealed, undefined))
      // An open that failed says it of the slot.
      expect(failure.details.slots?.[0]?.code ?? failure.code).toBe('access-denied')
    },
  )
})

test('a rewrap only unwraps with the old key: there the role that opens is enough', async () => {
  const sealed = await prepared('RSA', undefined)
  if (scene === undefined) throw new Error('no scene')
  await tasks[2]?.run(scene, sealed, undefined)
  const of = (key: string): readonly string[] =>
    scene?.emulator.calls.latest.filter((call) => call.key === key).map(({ operation }) => operation) ?? []
  expect(of('orders')).toEqual(['getKey', 'unwrapKey'])
  expect(of('invoices')).toEqual(['getKey', 'wrapKey', 'unwrapKey'])
})
