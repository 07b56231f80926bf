import { startBackend } from '@keywright/backends'
import { isKeywrightError, type Kek } from '@keywright/core'
import { describe, expect, test } from 'vitest'
import { nssToken } from '../conformance/nss-token.ts'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js, type TokenAdmin } from '../conformance/token-admin.ts'
import { closedKeks } from './closed-keks.ts'
import { recordingClient } from './recording-client.ts'
import { type Attributes, become, everyRole, type Policy, policies, works } from './roles.ts'

const softhsm = await startBackend('softhsm')
const nss = await startBackend('nss')
const names = ['aes-gcm', 'aes-kwp', 'rsa-oaep-256'].flatMap((algorithm) =>
  ['seal-only', 'open-only', 'rewrap-only'].map((role) => `${role} ${algorithm}`),
)

test('every role has a policy for every algorithm', () => {
  expect(policies.map(({ name }) => name).sort()).toEqual(names.sort())
})

const hex = (handle: unknown): string => Buffer.from(handle as Uint8Array).toString('hex')

/** The tests of the policies that one token proves. */
function rolesOn({ admin, pin }: { admin: TokenAdmin; pin: string }, proved: readonly Policy[]): void {
  const kekOf = closedKeks({ token: admin.label, pin })
  let made = 0

  interface Outcome {
    readonly result?: unknown
    /** `ok`, or what the caller is told. */
    readonly code: string
    readonly calls: readonly string[]
    readonly leavesSessions: boolean
  }

  /** New keys with the rights of a policy, and what a role does with them; `without` a call, which fails then. */
  const stage = async ({ algorithm }: Policy) => {
    const label = `role ${++made}`
    const type = algorithm === 'rsa-oaep-256' ? ('private' as const) : undefined
    const [old, next] = ['old', 'new'].map((age, index) => {
      const id = `f${index}${made.toString(16).padStart(2, '0')}`
      if (type === undefined) admin.createAes(`${label} ${age}`, id)
      else admin.createRsa(`${label} ${age}`, id)
      return `${label} ${age}`
    }) as [string, string]
    // The default is AES-GCM: it is not asked for by name.
    const chosen = algorithm === 'aes-gcm' ? {} : { algorithm, type }
    const sealed = (await works['seal-only']({
      kek: kekOf(old, { client: admin.client, ...chosen }),
      next: kekOf(next, { client: admin.client, ...chosen }),
    })) as Uint8Array
    return {
      next,
      become: (objects: Policy['objects']) => {
        for (const each of [old, next]) become(admin, each, objects)
      },
      act: async (role: keyof typeof works, { without = '', keys = [old, next], what = sealed } = {}) => {
        const nameOf = (call: string): string => call.replace(/Async$/, '')
        const open = new Set<string>()
        const { client, calls } = recordingClient(admin.client, ({ name, args }, really) => {
          const error = new pkcs11js.Pkcs11Error('', pkcs11js.CKR_FUNCTION_NOT_SUPPORTED)
          if (nameOf(name) === without && name.endsWith('Async')) return Promise.reject(error)
          if (nameOf(name) === without) throw error
          const answer = really()
          if (name === 'C_OpenSession') open.add(hex(answer))
          if (name === 'C_CloseSession') open.delete(hex(args[0]))
          return answer
        })
        const [kek, other] = keys.map((key) => kekOf(key, { client, ...chosen })) as [Kek, Kek]
        let outcome: Pick<Outcome, 'code' | 'result'>
        try {
          outcome = { code: 'ok', result: await works[role]({ kek, next: other }, what) }
        } catch (error) {
          if (!isKeywrightError(error)) throw error
          outcome = { code: error.details.slots?.[0]?.code ?? error.code }
        } finally {
          for (const each of [kek, other]) await each.close()
        }
        const seen = [...new Set(calls.map(({ name }) => nameOf(name)))].sort()
        return { ...outcome, calls: seen, leavesSessions: open.size > 0 } satisfies Outcome
      },
    }
  }

  test.each(proved)('$name: the work is done by exactly these rights and calls', async (policy) => {
    const { become, act } = await stage(policy)
    become(policy.objects)
    const calls = [...everyRole, ...policy.calls].sort()
    expect(await act(policy.role)).toMatchObject({ code: 'ok', leavesSessions: false, calls })
  })

  test.each(proved)('$name: with any one right less, and all others, access is denied', async (policy) => {
    const rights = Object.entries(policy.objects).flatMap(([what, attributes]) =>
      Object.entries(attributes).flatMap(([name, allowed]) => (allowed ? [[what, name] as const] : [])),
    )
    for (const [what, name] of rights) {
      const all = Object.entries(policy.objects).map(([each, attributes]) => {
        const allowed = Object.keys(attributes).map((other) => [other, each !== what || other !== name])
        return [each, Object.fromEntries(allowed) as Attributes] as const
      })
      const { become, act } = await stage(policy)
      become(Object.fromEntries(all))
      expect([what, name, (await act(policy.role)).code]).toEqual([what, name, 'access-denied'])
    }
  })

  test.each(proved)('$name: with any one call less it fails, or leaves its sessions open', async (policy) => {
    const { become, act } = await stage(policy)
    become(policy.objects)
    for (const without of [...everyRole, ...policy.calls]) {
      const { code, leavesSessions } = await act(policy.role, { without })
      expect([without, code === 'ok' && !leavesSessions]).toEqual([without, false])
    }
    admin.client.C_CloseAllSessions(admin.slot)
    admin.reopen()
  })

  // The other half of a pair is not denied: it is not there.
  const refusal = ({ algorithm }: Policy): string =>
    algorithm === 'rsa-oaep-256' ? 'key-not-found' : 'access-denied'

  test.each(proved.filter(({ role }) => role !== 'rewrap-only'))(
    '$name: and not the other',
    async (policy) => {
      const { become, act } = await stage(policy)
      become(policy.objects)
      const other = policy.role === 'seal-only' ? 'open-only' : 'seal-only'
      expect((await act(other)).code).toBe(refusal(policy))
    },
  )

  test.each(proved.filter(({ role }) => role === 'rewrap-only'))(
    '$name: neither seals under the old key nor opens under the new',
    async (policy) => {
      const { become, act, next } = await stage(policy)
      become(policy.objects)
      expect((await act('seal-only')).code).toBe(refusal(policy))
      const { result } = await act('rewrap-only')
      const { envelope: what } = result as { envelope: Uint8Array }
      expect((await act('open-only', { keys: [next, next], what })).code).toBe(refusal(policy))
    },
  )
}

describe.runIf(softhsm !== undefined)('the roles of the README, on SoftHSM', async () => {
  if (softhsm === undefined) return
  rolesOn(
    await softHsmToken(softhsm),
    policies.filter(({ algorithm }) => algorithm !== 'rsa-oaep-256'),
  )
})

describe.runIf(nss !== undefined)('the roles of the README, on NSS', async () => {
  if (nss === undefined) return
  rolesOn(
    await nssToken(nss),
    policies.filter(({ algorithm }) => algorithm === 'rsa-oaep-256'),
  )
})
