import { readFileSync } from 'node:fs'
import { type Kek, keyring, open, rewrap, seal } from '@keywright/core'
import { pkcs11js, type TokenAdmin } from '../conformance/token-admin.ts'

/** What a role may do with one object. */
export type Attributes = Readonly<Record<string, boolean>>

/** A role's policy as the README has it. */
export interface Policy {
  readonly name: string
  readonly role: keyof typeof works
  readonly algorithm: 'aes-gcm' | 'aes-kwp' | 'rsa-oaep-256'
  /** By the words of the README, which say which object it is. */
  readonly objects: Readonly<Record<string, Attributes>>
  readonly calls: readonly string[]
}

/** KEKs of one role; `next` is the new key of a rewrap. */
export interface RoleKeks {
  readonly kek: Kek
  readonly next: Kek
}

export const at = { context: { tenant: 'acme' } } as const

/** What each role does; `sealed` is under the first key. */
export const works = {
  'seal-only': ({ kek }: RoleKeks): Promise<unknown> => seal('x', { keys: keyring({ seal: [kek] }), ...at }),
  'open-only': ({ kek }: RoleKeks, sealed: Uint8Array): Promise<unknown> =>
    open(sealed, { keys: keyring({ open: [kek] }), ...at }),
  'rewrap-only': ({ kek, next }: RoleKeks, sealed: Uint8Array): Promise<unknown> =>
    rewrap(sealed, { from: kek, to: next, wrapOnly: true }),
} as const

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const fences = [...readme.matchAll(/<!-- policy: (\S+) ?(\S*) -->\n```json\n([\s\S]*?)```/g)]

/** Calls of every role. */
export const everyRole: readonly string[] = fences.flatMap(([, name, , text = '']) =>
  name === 'every-role' ? (JSON.parse(text) as { calls: string[] }).calls : [],
)

export const policies: readonly Policy[] = fences.flatMap(([, role = '', algorithm = '', text = '']) => {
  if (role === 'every-role') return []
  const { calls, ...objects } = JSON.parse(text) as { calls: string[] } & Record<string, Attributes>
  const named = { role, algorithm } as Pick<Policy, 'role' | 'algorithm'>
  return [{ ...named, name: `${role} ${algorithm}`, objects: objects as Policy['objects'], calls }]
})

/**
 * Gives the objects of a label what a policy says, as a second token with the same key would have it; a half of a pair
 * that it does not name is not in that token.
 */
export function become(admin: TokenAdmin, label: string, objects: Policy['objects']): void {
  for (const object of admin.find(label)) {
    const [found] = admin.client.C_GetAttributeValue(admin.session, object, [{ type: pkcs11js.CKA_CLASS }])
    const half = halves.get(found?.value.readUInt8() ?? -1)
    const named = Object.entries(objects).find(
      ([what]) => what.startsWith('new') === label.endsWith('new') && what.includes(half ?? 'key'),
    )
    if (named !== undefined) admin.client.C_SetAttributeValue(admin.session, object, templateOf(named[1]))
    else if (half !== undefined) admin.client.C_DestroyObject(admin.session, object)
  }
}

const halves = new Map([
  [pkcs11js.CKO_PUBLIC_KEY, 'public'],
  [pkcs11js.CKO_PRIVATE_KEY, 'private'],
])

function templateOf(attributes: Attributes): { type: number; value: boolean }[] {
  return Object.entries(attributes).map(([name, value]) => ({
    type: Number(Reflect.get(pkcs11js, name)),
    value,
  }))
}
