import { isKeywrightError, type Kek, keyring, open, rewrap, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { blocks, granted, policies, policy } from './readme-policies.ts'
import { type RunningVault, runningVault } from './running-vault.ts'

const context = { tenant: 'a' }
const kekOf = (vault: RunningVault, key: string, token: string): Kek =>
  vault.kek({ key, auth: { method: 'token', token } })
const sealedBy = (...keks: readonly Kek[]): Promise<Uint8Array> =>
  seal('for some eyes only', { keys: keyring({ seal: keks }), context })

/** What a role works on: KEKs with its rights, of the old key and of the new one, and an envelope of the old key. */
interface Work {
  readonly from: Kek
  readonly to: Kek
  readonly sealed: Uint8Array
  /** The envelope with a slot of the new key that nobody has verified. */
  readonly pending: Uint8Array
  /** The same with a slot of the old key's new version. */
  readonly pendingVersion: Uint8Array
  /** A KEK to which everything is allowed, of a third key. */
  readonly beside: Kek
}

interface Role {
  readonly task: string
  /** Policies of the README that the role has, with the keys that they are for. */
  readonly has: readonly (readonly [policy: string, key: string])[]
  readonly kinds: readonly [from: string, to: string]
  readonly run: (work: Work) => Promise<unknown>
}

const kinds = ['derived', 'plain']

const alone: readonly Role[] = kinds.flatMap((kind) => {
  const role = (policyName: string, run: Role['run'], task = policyName): Role => ({
    task: `${task} ${kind}`,
    has: [[`${policyName} ${kind}`, 'orders']],
    kinds: [kind, kind],
    run,
  })
  return [
    role('seal-only', ({ from }) => sealedBy(from)),
    role(
      kind === 'derived' ? 'seal-among-several' : 'seal-only',
      ({ from, beside }) => sealedBy(beside, from),
      'seal among several,',
    ),
    role('open-only', ({ from, sealed }) => open(sealed, { keys: keyring({ open: [from] }), context })),
    role('rewrap-only', ({ from, sealed }) => rewrap(sealed, { from, to: from })),
    role(
      kind === 'derived' ? 'rewrap-unseen' : 'rewrap-only',
      ({ from, sealed }) => rewrap(sealed, { from, to: from, wrapOnly: true }),
      'rewrap unseen,',
    ),
    role(
      'open-only',
      ({ from, pendingVersion }) => rewrap(pendingVersion, { from, to: from, step: 'remove' }),
      'finish a rewrap unseen,',
    ),
    {
      task: `describe ${kind}`,
      has: [['describe any', 'orders']],
      kinds: [kind, kind],
      run: ({ from }) => from.describeKey(),
    },
  ]
})

const moves: readonly Role[] = kinds.flatMap((source) =>
  kinds.flatMap((target): Role[] => {
    const role = (step: string, right: string, run: Role['run'], old = `open-only ${source}`): Role => ({
      task: `${step}, ${source} to ${target}`,
      has: [
        [old, 'orders'],
        [`${right} ${target}`, 'invoices'],
      ],
      kinds: [source, target],
      run,
    })
    const sealing = target === 'derived' ? 'seal-among-several' : 'seal-only'
    return [
      role('rewrap', 'rewrap-only', ({ from, to, sealed }) => rewrap(sealed, { from, to })),
      role('rewrap --wrap-only', sealing, ({ from, to, sealed }) =>
        rewrap(sealed, { from, to, wrapOnly: true }),
      ),
      role(
        'rewrap --finish',
        'open-only',
        ({ from, to, pending }) => rewrap(pending, { from, to, step: 'remove' }),
        'describe any',
      ),
    ]
  }),
)

/** Keys, an envelope of the old key's first version, and a second version of it. */
async function prepared({ kinds: [source, target] }: Role): Promise<{
  vault: RunningVault
  work: (token: string) => Work
}> {
  const vault = await runningVault()
  await vault.admin('POST', 'transit/keys/orders', { derived: source === 'derived' })
  await vault.admin('POST', 'transit/keys/invoices', { derived: target === 'derived' })
  const everything = (key: string): Kek => kekOf(vault, key, vault.rootToken)
  const sealed = await sealedBy(everything('orders'))
  await vault.admin('POST', 'transit/keys/orders/rotate', {})
  const unseen = async (key: string): Promise<Uint8Array> =>
    (await rewrap(sealed, { from: everything('orders'), to: everything(key), wrapOnly: true })).header
  const [pending, pendingVersion] = [await unseen('invoices'), await unseen('orders')]
  const beside = everything('aead')
  await sealedBy(beside)
  vault.calls.clear()
  const work = (token: string): Work => ({
    from: kekOf(vault, 'orders', token),
    to: kekOf(vault, 'invoices', token),
    sealed,
    pending,
    pendingVersion,
    beside,
  })
  return { vault, work }
}

const roles = [...alone, ...moves]
const textsOf = ({ has }: Role): readonly string[] => has.map(([name, key]) => policy(name, key))

test('every policy of the README is that of a role here', () => {
  const used = roles.flatMap(({ has }) => has.map(([name]) => name))
  expect([...policies.keys()].sort()).toEqual([...new Set(used)].sort())
})

for (const role of roles) {
  const texts = textsOf(role)
  const all = texts.flatMap(blocks)

  test(`${role.task}: the policies list exactly what the server was asked, and are enough`, async () => {
    const { vault, work } = await prepared(role)
    await role.run(work(await vault.issueToken(...texts)))
    const asked = vault.calls.operations().filter((operation) => !/lookup-self$|\/aead$/.test(operation))
    expect(texts.flatMap(granted).sort()).toEqual(asked)
    expect(vault.calls.latest.filter(({ status }) => status === 403)).toEqual([])
  })

  test.each(texts.flatMap(granted).map((grant, at) => ({ grant, at })))(
    `${role.task}: without $grant it is access-denied`,
    async ({ at }) => {
      const { vault, work } = await prepared(role)
      const others = all.filter((_, index) => index !== at)
      const error = await role.run(work(await vault.issueToken(...others))).catch((thrown: unknown) => thrown)
      const codes = isKeywrightError(error)
        ? [error.code, ...(error.details.slots ?? []).map(({ code }) => code)]
        : []
      expect(codes).toContain('access-denied')
    },
  )
}

test('a policy that requires the context refuses a call without it', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken(policy('seal-only plain', 'aead'))
  const encrypt = (body: object): Promise<number> =>
    fetch(`${vault.url}/v1/transit/encrypt/aead`, {
      method: 'POST',
      headers: { 'X-Vault-Token': token },
      body: JSON.stringify({ plaintext: '', ...body }),
    }).then(({ status }) => status)
  expect(await encrypt({ associated_data: 'AA==' })).toBe(200)
  expect(await encrypt({})).toBe(403)
})

test('no policy of the README lets a token make a key', async () => {
  const vault = await runningVault()
  for (const name of policies.keys()) {
    const token = await vault.issueToken(policy(name, 'typo'))
    await expect(kekOf(vault, 'aead', token).connect()).rejects.toMatchObject({ code: 'access-denied' })
    await expect(sealedBy(kekOf(vault, 'typo', token))).rejects.toMatchObject({ code: 'key-not-found' })
  }
})
