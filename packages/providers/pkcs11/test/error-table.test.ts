import { startBackend } from '@keywright/backends'
import type { Kek } from '@keywright/core'
import { describe, expect, test } from 'vitest'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import { CryptokiFailure } from '../src/cryptoki-calls.ts'
import { classifyCryptokiFailure } from '../src/error-codes.ts'
import type { Cryptoki } from '../src/index.ts'
import { closedKeks } from './closed-keks.ts'
import { errorRows, newerReturns, unanswered } from './error-table.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')

/** CKR numbers by their names. */
const returns = new Map<string, number>([
  ...Object.entries(pkcs11js).flatMap(([name, rv]): [string, number][] =>
    name.startsWith('CKR_') && typeof rv === 'number' ? [[name, rv]] : [],
  ),
  ...Object.entries(newerReturns),
])
const rvOf = (name: string): number => returns.get(name) ?? Number.NaN

describe.runIf(softhsm !== undefined)('what a return value becomes', async () => {
  if (softhsm === undefined) return
  const { admin, pin } = await softHsmToken(softhsm)
  const kekOf = closedKeks({ token: admin.label, pin })
  admin.createAes('answers', '01')

  /** What makes a call, by which algorithm. */
  const works: Partial<
    Record<keyof Cryptoki, readonly ['aes-gcm' | 'aes-kwp', 'connect' | 'wrap' | 'unwrap']>
  > = {
    C_Initialize: ['aes-gcm', 'connect'],
    C_OpenSession: ['aes-gcm', 'connect'],
    C_Login: ['aes-gcm', 'connect'],
    C_EncryptInit: ['aes-gcm', 'wrap'],
    C_EncryptAsync: ['aes-gcm', 'wrap'],
    C_DecryptInit: ['aes-gcm', 'unwrap'],
    C_DecryptAsync: ['aes-gcm', 'unwrap'],
    C_CreateObject: ['aes-kwp', 'wrap'],
    C_WrapKeyAsync: ['aes-kwp', 'wrap'],
    C_UnwrapKeyAsync: ['aes-kwp', 'unwrap'],
    C_GetAttributeValue: ['aes-kwp', 'unwrap'],
  }

  /** Brings the answer to a caller; `silent` is a token that says so to questions too. */
  const told = async (call: keyof Cryptoki, rv: number, silent = false): Promise<unknown> => {
    const [algorithm, work] = works[call] ?? []
    let failing = work === 'connect'
    const { client, count } = recordingClient(admin.client, ({ name }, really) => {
      if (!failing || (name !== call && !(silent && name === 'C_GetTokenInfo'))) return really()
      const error = new pkcs11js.Pkcs11Error('', rv)
      if (name.endsWith('Async')) return Promise.reject(error)
      throw error
    })
    // A PIN of its own: a refused one is remembered.
    const kek: Kek = kekOf('answers', { client, algorithm, ...(call === 'C_Login' && { pin: `pin ${rv}` }) })
    if (work === 'connect') return kek.connect()
    const slot = await wrapSlot(kek, dataKey, context)
    await kek.unwrapKey({ ...slot, context })
    const before = count(call)
    failing = true
    const doing = work === 'wrap' ? kek.wrapKey({ dataKey, context }) : kek.unwrapKey({ ...slot, context })
    return doing.finally(() => expect(count(call)).toBeGreaterThan(before))
  }

  const each = errorRows.flatMap(({ answers, call, ...expected }) =>
    answers.map((answer) => ({ answer, call, expected })),
  )
  test.each(each)('$answer to $call: $expected.code', async ({ answer, call, expected }) => {
    await expect(told(call, rvOf(answer))).rejects.toMatchObject(expected)
  })

  test.each(
    (['C_DecryptAsync', 'C_UnwrapKeyAsync'] as const).flatMap((call) =>
      (['CKR_GENERAL_ERROR', 'CKR_FUNCTION_FAILED', 'CKR_DEVICE_ERROR'] as const).map(
        (answer) => [answer, call] as const,
      ),
    ),
  )('%s to %s, and to a question after it: unavailable', async (answer, call) => {
    const expected = { code: 'unavailable', retry: 'later' }
    await expect(told(call, rvOf(answer), true)).rejects.toMatchObject(expected)
  })

  test.each(['C_EncryptAsync', 'C_DecryptAsync'] as const)(
    "a maker's own return value to %s is unknown, and never tried again",
    async (call) => {
      const expected = { code: 'unknown', retry: 'never' }
      await expect(told(call, 0x8000_0001)).rejects.toMatchObject(expected)
    },
  )
})

test('every return value of the standard is in the table, or is there for a reason to be left out', () => {
  const answered = new Set(errorRows.flatMap(({ answers }) => answers))
  const both = [...answered].filter((name) => name in unanswered)
  const names = [...answered, ...(Object.keys(unanswered) as `CKR_${string}`[])]
  expect(both).toEqual([])
  expect(names.sort()).toEqual([...returns.keys()].sort())
})

test('no return value but those of the table has a meaning', () => {
  const meaningful = (rv: number): boolean =>
    (['C_EncryptAsync', 'C_DecryptAsync'] as const).some(
      (call) =>
        classifyCryptokiFailure(new CryptokiFailure(call, rv, true), { operation: 'unwrapKey' }).code !==
        'unknown',
    )
  const some = [...Array(0x1_000).keys(), ...returns.values(), -1].filter(meaningful)
  const rows = new Set(errorRows.flatMap(({ answers }) => answers.map(rvOf)))
  expect([...new Set(some)].sort()).toEqual([...rows].sort())
})

test('what is no answer of a token is unknown', () => {
  for (const error of [new Error('CKR_PIN_INCORRECT'), 'teapot', undefined]) {
    expect(classifyCryptokiFailure(error, { operation: 'connect' })).toEqual({ code: 'unknown' })
  }
})
