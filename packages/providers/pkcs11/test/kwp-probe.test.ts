import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import { closedKeks } from './closed-keks.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')

type Code = `CKR_${string}` & keyof typeof pkcs11js

/** What a token says that has not this mechanism, or does not take a key like this: the next mechanism is tried. */
const notHad: readonly (readonly [string, readonly (Code | 0x1b)[]])[] = [
  [
    'C_CreateObject',
    [
      // ACTION_PROHIBITED, which pkcs11js has no name for.
      0x1b,
      'CKR_ATTRIBUTE_READ_ONLY',
      'CKR_ATTRIBUTE_TYPE_INVALID',
      'CKR_ATTRIBUTE_VALUE_INVALID',
      'CKR_TEMPLATE_INCOMPLETE',
      'CKR_TEMPLATE_INCONSISTENT',
      'CKR_FUNCTION_NOT_SUPPORTED',
      'CKR_SESSION_READ_ONLY',
      'CKR_TOKEN_WRITE_PROTECTED',
    ],
  ],
  [
    'C_WrapKeyAsync',
    [
      'CKR_ARGUMENTS_BAD',
      'CKR_BUFFER_TOO_SMALL',
      'CKR_DATA_LEN_RANGE',
      'CKR_FUNCTION_NOT_SUPPORTED',
      'CKR_KEY_FUNCTION_NOT_PERMITTED',
      'CKR_KEY_NOT_WRAPPABLE',
      'CKR_KEY_SIZE_RANGE',
      'CKR_KEY_TYPE_INCONSISTENT',
      'CKR_KEY_UNEXTRACTABLE',
      'CKR_MECHANISM_INVALID',
      'CKR_MECHANISM_PARAM_INVALID',
      'CKR_WRAPPING_KEY_SIZE_RANGE',
      'CKR_WRAPPING_KEY_TYPE_INCONSISTENT',
    ],
  ],
]

/** What says nothing of the mechanism. */
const faults: readonly (readonly [Code, string])[] = [
  ['CKR_DEVICE_ERROR', 'unavailable'],
  ['CKR_DEVICE_MEMORY', 'unavailable'],
  ['CKR_DEVICE_REMOVED', 'unavailable'],
  ['CKR_FUNCTION_CANCELED', 'unavailable'],
  ['CKR_FUNCTION_FAILED', 'unavailable'],
  ['CKR_GENERAL_ERROR', 'unavailable'],
  ['CKR_HOST_MEMORY', 'unavailable'],
  ['CKR_SESSION_CLOSED', 'unavailable'],
  ['CKR_SESSION_COUNT', 'throttled'],
  ['CKR_TOKEN_NOT_PRESENT', 'unavailable'],
  ['CKR_USER_NOT_LOGGED_IN', 'unauthenticated'],
  ['CKR_WRAPPING_KEY_HANDLE_INVALID', 'unavailable'],
]

describe.runIf(softhsm !== undefined)('whether a token has RFC 5649', async () => {
  if (softhsm === undefined) return
  const { admin, pin } = await softHsmToken(softhsm)
  const kekOf = closedKeks({ token: admin.label, pin, algorithm: 'aes-kwp' })
  admin.createAes('probed', '01')
  /** SoftHSM that answers a call of the probe so, while it is told to. */
  const answering = (call: string, code: Code | 0x1b): { client: typeof admin.client; heal: () => void } => {
    let told = true
    const { client } = recordingClient(admin.client, ({ name }, really) => {
      if (!told || name !== call) return really()
      const error = new pkcs11js.Pkcs11Error('', Number(code === 0x1b ? code : pkcs11js[code]))
      if (name.endsWith('Async')) return Promise.reject(error)
      throw error
    })
    const heal = (): void => {
      told = false
    }
    return { client: client as typeof admin.client, heal }
  }

  const refusals = notHad.flatMap(([call, codes]) => codes.map((code) => [code, call] as const))
  test.each(refusals)('%s to %s says that it has not', async (code, call) => {
    const { client } = answering(call, code)
    const connecting = kekOf('probed', { client }).connect()
    await expect(connecting).rejects.toMatchObject({ code: 'unsupported', retry: 'never' })
  })

  const failures = ['C_CreateObject', 'C_WrapKeyAsync', 'C_DestroyObject'].flatMap((call) =>
    faults.map(([answer, code]) => [answer, call, code] as const),
  )
  test.each(failures)('%s to %s says nothing: the caller is told %s', async (answer, call, code) => {
    const { client, heal } = answering(call, answer)
    const kek = kekOf('probed', { client })
    await expect(kek.connect()).rejects.toMatchObject({ code })
    heal()
    expect((await wrapSlot(kek, dataKey, context)).algorithm).toBe('pkcs11.aes-kwp')
  })

  test('a token that fails once during the probe is asked again by the policy', async () => {
    const { client, heal } = answering('C_WrapKeyAsync', 'CKR_DEVICE_ERROR')
    const { client: healing } = recordingClient(client, ({ name }, really) => {
      const answer = really()
      if (name === 'C_WrapKeyAsync') heal()
      return answer
    })
    const kek = kekOf('probed', { client: healing, resilience: {} })
    expect((await wrapSlot(kek, dataKey, context)).algorithm).toBe('pkcs11.aes-kwp')
  })

  test('a token that lost the log-in during the probe, and wants another PIN now, says so', async () => {
    let lost = false
    const { client } = recordingClient(admin.client, ({ name }, really) => {
      if (name === 'C_Login' && lost) throw new pkcs11js.Pkcs11Error('', pkcs11js.CKR_PIN_EXPIRED)
      if (name !== 'C_CreateObject') return really()
      lost = true
      throw new pkcs11js.Pkcs11Error('', pkcs11js.CKR_SESSION_HANDLE_INVALID)
    })
    await expect(kekOf('probed', { client }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('a mechanism that answers another length is another mechanism', async () => {
    const { client } = recordingClient(admin.client, ({ name }, really) =>
      name === 'C_WrapKeyAsync' ? Promise.resolve(new Uint8Array(48)) : really(),
    )
    await expect(kekOf('probed', { client }).connect()).rejects.toMatchObject({ code: 'unsupported' })
  })
})
