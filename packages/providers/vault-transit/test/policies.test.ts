import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKeywrightError, type Kek, keyring, open, rewrap, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { type RunningVault, runningVault } from './running-vault.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

/** The policies that the README shows, by their titles. */
const policies: ReadonlyMap<string, string> = new Map(
  [...readme.matchAll(/^```text\n# (.* only, .* key)\n([^`]*)```$/gm)].map(([, title = '', text = '']) => [
    title,
    text,
  ]),
)

/** One `path` block. */
const blocks = (policy: string): readonly string[] => policy.match(/path[^}]*\}\n/g) ?? []

/** Capability and path, as the server's log has them. */
function granted(policy: string): readonly string[] {
  return blocks(policy).map((block) => {
    const [, path, capability] = /path "([^"]+)" \{\s+capabilities = \["(\w+)"\]/.exec(block) ?? []
    return `${capability} ${path}`
  })
}

const context = { tenant: 'a' }
const orders = (vault: RunningVault, token: string): Kek =>
  vault.kek({ key: 'orders', auth: { method: 'token', token } })
const sealedBy = (kek: Kek): Promise<Uint8Array> =>
  seal('for some eyes only', { keys: keyring({ seal: [kek] }), context })

interface Task {
  readonly name: string
  readonly run: (kek: Kek, sealed: Uint8Array) => Promise<unknown>
}

const tasks: readonly Task[] = [
  { name: 'seal only', run: sealedBy },
  { name: 'open only', run: (kek, sealed) => open(sealed, { keys: keyring({ open: [kek] }), context }) },
  { name: 'rewrap only', run: (kek, sealed) => rewrap(sealed, { from: kek, to: kek, wrapOnly: true }) },
]

const kinds = [
  ['derived key', { derived: true }],
  ['other key', {}],
] as const

const roles = kinds.flatMap(([kind, options]) =>
  tasks.map((task) => ({ ...task, title: `${task.name}, ${kind}`, options })),
)

/** A key, an envelope of its first version, and a second version. */
async function prepared(options: object): Promise<{ vault: RunningVault; sealed: Uint8Array }> {
  const vault = await runningVault()
  await vault.admin('POST', 'transit/keys/orders', options)
  const sealed = await sealedBy(vault.kek({ key: 'orders' }))
  await vault.admin('POST', 'transit/keys/orders/rotate', {})
  vault.calls.clear()
  return { vault, sealed }
}

test('the README shows a policy for each task and kind of key, and no other', () => {
  expect([...policies.keys()]).toEqual(roles.map(({ title }) => title))
})

for (const { title, run, options } of roles) {
  const policy = policies.get(title) ?? ''

  test(`${title}: the policy lists exactly what the server was asked, and is enough`, async () => {
    const { vault, sealed } = await prepared(options)
    await run(orders(vault, await vault.issueToken(policy)), sealed)
    const asked = vault.calls.operations().filter((operation) => operation !== 'read auth/token/lookup-self')
    expect([...granted(policy)].sort()).toEqual(asked)
    expect(vault.calls.latest.filter(({ status }) => status === 403)).toEqual([])
  })

  test.each(granted(policy).map((grant, at) => ({ grant, at })))(
    `${title}: without $grant it is access-denied`,
    async ({ at }) => {
      const { vault, sealed } = await prepared(options)
      const others = blocks(policy).filter((_, index) => index !== at)
      const error = await run(orders(vault, await vault.issueToken(...others)), sealed).catch(
        (thrown: unknown) => thrown,
      )
      const codes = isKeywrightError(error)
        ? [error.code, ...(error.details.slots ?? []).map(({ code }) => code)]
        : []
      expect(codes).toContain('access-denied')
    },
  )
}

test('a policy that requires the context refuses a call without it', async () => {
  const { vault } = await prepared({})
  const token = await vault.issueToken(policies.get('seal only, other key') ?? '')
  const encrypt = (body: object): Promise<number> =>
    fetch(`${vault.url}/v1/transit/encrypt/orders`, {
      method: 'POST',
      headers: { 'X-Vault-Token': token },
      body: JSON.stringify({ plaintext: '', ...body }),
    }).then(({ status }) => status)
  expect(await encrypt({ associated_data: 'AA==' })).toBe(200)
  expect(await encrypt({})).toBe(403)
})

test('no policy of the README lets a token make a key', async () => {
  const { vault } = await prepared({})
  for (const policy of policies.values()) {
    const token = await vault.issueToken(policy.replaceAll('orders', 'typo'))
    const call = orders(vault, token).connect()
    await expect(call).rejects.toMatchObject({ code: 'access-denied' })
    const kek = vault.kek({ key: 'typo', auth: { method: 'token', token } })
    await expect(sealedBy(kek)).rejects.toMatchObject({ code: 'key-not-found' })
  }
})
