import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { type Answer, aes, rsa, type Situation, type Stage } from './situation.ts'

const context = contextOf('a')

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === (at + bytes.length) % bytes.length ? byte ^ 1 : byte))

const refused = (call: NonNullable<Answer['call']>, rv: number): Answer => ({
  call,
  rv,
  code: 'unwrap-failed',
})
const notAsked: Answer = { code: 'unwrap-failed' }
const wrongPin: Answer = { call: 'C_Login', rv: 0xa0, code: 'unauthenticated' }

/** One row a situation, one column a token: for the same fault they answer differently, which is why this stands here. */
export const situations: readonly Situation[] = [
  {
    situation: 'AES-GCM under another context',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'other context', 'aes-gcm')
      await kek.unwrapKey({ ...slot, context: contextOf('b') })
    },
    answers: {
      softhsm: refused('C_DecryptAsync', 0x05),
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x40),
    },
  },
  {
    situation: 'AES-GCM with a changed tag',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'changed tag', 'aes-gcm')
      await kek.unwrapKey({ ...slot, wrapped: flipped(slot.wrapped, -1), context })
    },
    answers: {
      softhsm: refused('C_DecryptAsync', 0x05),
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x40),
    },
  },
  {
    situation: 'AES-GCM of another key',
    bring: async (stage) => {
      const [, slot] = await aes(stage, 'one key', 'aes-gcm')
      const [kek, own] = await aes(stage, 'another key', 'aes-gcm')
      await kek.unwrapKey({ ...own, wrapped: slot.wrapped, context })
    },
    answers: {
      softhsm: refused('C_DecryptAsync', 0x05),
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x40),
    },
  },
  {
    situation: 'AES-KWP with a changed byte',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'changed key wrap', 'aes-kwp')
      await kek.unwrapKey({ ...slot, wrapped: flipped(slot.wrapped, 9), context })
    },
    answers: {
      softhsm: refused('C_UnwrapKeyAsync', 0x05),
      nss: refused('C_UnwrapKeyAsync', 0x110),
      kryoptic: refused('C_UnwrapKeyAsync', 0x30),
    },
  },
  {
    situation: 'RSA-OAEP with a changed byte',
    bring: async (stage) => {
      const [kek, slot] = await rsa(stage, 'changed rsa')
      await kek.unwrapKey({ ...slot, wrapped: flipped(slot.wrapped, 100), context })
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x07, code: 'unsupported' },
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x30),
      swtpm: refused('C_DecryptAsync', 0x05),
    },
  },
  {
    situation: 'a key destroyed by somebody else, under a handle that was known',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'destroyed', 'aes-gcm')
      await kek.unwrapKey({ ...slot, context })
      stage.admin.destroy('destroyed')
      await kek.unwrapKey({ ...slot, context })
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x82, code: 'key-destroyed' },
      nss: { call: 'C_DecryptInit', rv: 0x60, code: 'key-destroyed' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x82, code: 'key-destroyed' },
    },
  },
  {
    situation: 'a key that may not decrypt',
    bring: async (stage) => {
      stage.admin.createAes('seal only', stage.freshId(), [{ type: 0x105, value: false }])
      const kek = stage.kek({ key: 'seal only' })
      await kek.unwrapKey({ ...(await wrapSlot(kek, dataKey, context)), context })
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x68, code: 'access-denied' },
      nss: { call: 'C_DecryptInit', rv: 0x63, code: 'access-denied' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x68, code: 'access-denied' },
    },
  },
  {
    situation: 'a key that may not encrypt',
    bring: async (stage) => {
      stage.admin.createAes('open only', stage.freshId(), [{ type: 0x104, value: false }])
      await wrapSlot(stage.kek({ key: 'open only' }), dataKey, context)
    },
    answers: {
      softhsm: { call: 'C_EncryptInit', rv: 0x68, code: 'access-denied' },
      nss: { call: 'C_EncryptInit', rv: 0x63, code: 'access-denied' },
      kryoptic: { call: 'C_EncryptInit', rv: 0x68, code: 'access-denied' },
    },
  },
  ...(['aes-gcm', 'aes-kwp'] as const).map((algorithm) => ({
    situation: `${algorithm} cut off, which no token is asked to open`,
    bring: async (stage: Stage) => {
      const [kek, slot] = await aes(stage, `cut off ${algorithm}`, algorithm)
      await kek.unwrapKey({ ...slot, wrapped: slot.wrapped.slice(0, -1), context })
    },
    answers: { softhsm: notAsked, nss: notAsked, kryoptic: notAsked },
  })),
  {
    situation: 'a wrong PIN',
    bring: async ({ admin, kek }) => {
      admin.client.C_Logout(admin.session)
      try {
        await kek({ key: 'any', pin: 'a wrong PIN' }).connect()
      } finally {
        admin.logIn()
      }
    },
    answers: { softhsm: wrongPin, nss: wrongPin, kryoptic: wrongPin, swtpm: wrongPin },
  },
  {
    situation: 'somebody logged out, and a handle was known',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'logged out', 'aes-gcm')
      await kek.unwrapKey({ ...slot, context })
      stage.admin.client.C_Logout(stage.admin.session)
      await kek.unwrapKey({ ...slot, context })
      stage.admin.logIn()
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x82, code: 'none' },
      nss: { call: 'C_DecryptInit', rv: 0x60, code: 'none' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x05, code: 'none' },
    },
  },
  {
    situation: 'somebody logged out, and no handle was known',
    bring: async (stage) => {
      const [kek] = await aes(stage, 'logged out before', 'aes-gcm')
      stage.admin.client.C_Logout(stage.admin.session)
      await wrapSlot(kek, dataKey, context)
      stage.admin.logIn()
    },
    answers: { softhsm: { code: 'none' }, nss: { code: 'none' }, kryoptic: { code: 'none' } },
  },
  {
    situation: 'RSA-OAEP cut off, which no token is asked to open',
    bring: async (stage) => {
      const [kek, slot] = await rsa(stage, 'cut off rsa')
      await kek.unwrapKey({ ...slot, wrapped: slot.wrapped.slice(0, -1), context })
    },
    answers: { nss: notAsked, kryoptic: notAsked, swtpm: notAsked },
  },
  {
    situation: 'RSA-OAEP of another length of modulus',
    bring: async (stage) => {
      const [kek, slot] = await rsa(stage, 'longer rsa')
      await kek.unwrapKey({ ...slot, wrapped: Buffer.concat([slot.wrapped, slot.wrapped]), context })
    },
    answers: {
      nss: refused('C_DecryptAsync', 0x21),
      kryoptic: refused('C_DecryptAsync', 0x30),
      swtpm: refused('C_DecryptAsync', 0x05),
    },
  },
  {
    situation: 'an RSA pair that is not there',
    bring: (stage) => stage.kek({ key: 'no such pair', type: 'private' }).connect(),
    answers: {
      softhsm: { code: 'key-not-found' },
      nss: { code: 'key-not-found' },
      kryoptic: { code: 'key-not-found' },
      swtpm: { code: 'key-not-found' },
    },
  },
  {
    situation: 'an RSA pair destroyed by somebody else, under a handle that was known',
    bring: async (stage) => {
      const [kek, slot] = await rsa(stage, 'destroyed rsa')
      await kek.unwrapKey({ ...slot, context })
      stage.admin.destroy('destroyed rsa')
      await kek.unwrapKey({ ...slot, context })
    },
    answers: {
      nss: { call: 'C_DecryptInit', rv: 0x60, code: 'key-destroyed' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x82, code: 'key-destroyed' },
      swtpm: { call: 'C_DecryptInit', rv: 0x60, code: 'key-destroyed' },
    },
  },
  {
    situation: 'somebody logged out, and the handle of an RSA pair was known',
    bring: async (stage) => {
      const [kek, slot] = await rsa(stage, 'logged out rsa')
      await kek.unwrapKey({ ...slot, context })
      stage.admin.client.C_Logout(stage.admin.session)
      await kek.unwrapKey({ ...slot, context })
      stage.admin.logIn()
    },
    answers: {
      nss: { call: 'C_DecryptInit', rv: 0x60, code: 'none' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x05, code: 'none' },
      swtpm: { call: 'C_DecryptInit', rv: 0x101, code: 'none' },
    },
  },
  {
    situation: 'somebody closed all sessions, and the handle of an RSA pair was known',
    bring: async (stage) => {
      const [kek, slot] = await rsa(stage, 'closed rsa')
      await kek.unwrapKey({ ...slot, context })
      stage.admin.client.C_CloseAllSessions(stage.admin.slot)
      stage.admin.reopen()
      await kek.unwrapKey({ ...slot, context })
    },
    answers: {
      nss: { call: 'C_DecryptInit', rv: 0xb3, code: 'none' },
      kryoptic: { call: 'C_DecryptInit', rv: 0xb3, code: 'none' },
      swtpm: { call: 'C_DecryptInit', rv: 0xb3, code: 'none' },
    },
  },
  {
    situation: 'a token that is away',
    bring: async (stage) => {
      const [kek] = await aes(stage, 'away', 'aes-gcm')
      const bringBack = stage.takeAway()
      try {
        await wrapSlot(kek, dataKey, context)
      } finally {
        bringBack()
      }
    },
    answers: { softhsm: { call: 'C_GetTokenInfo', rv: 0x05, code: 'unavailable' } },
  },
]
