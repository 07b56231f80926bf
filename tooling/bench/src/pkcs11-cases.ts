import { createRequire } from 'node:module'
import { openBackend } from '@keywright/backends'
import type { KeyContext } from '@keywright/core'
import { pkcs11 } from '@keywright/pkcs11'
import type { AesGCM, Mechanism } from 'pkcs11js'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { inTurns, oneCall, type Pair, perCall } from './in-turns.ts'
import type { Settings } from './measure.ts'

const operations = ['wrap', 'unwrap'] as const
type Operation = (typeof operations)[number]
interface Subject {
  readonly pairs: Readonly<Record<Operation, Pair>>
  readonly close: () => Promise<void>
}
const label = 'seeded'
/** As many as there are threads for asynchronous calls; both sides have as many. */
const sessions = 4

async function start(): Promise<Subject> {
  const softhsm = await openBackend('softhsm')
  const { KEYWRIGHT_PKCS11_MODULE: modulePath = '', KEYWRIGHT_PKCS11_PIN: pin = '' } = softhsm.environment
  process.env['SOFTHSM2_CONF'] = softhsm.environment['SOFTHSM2_CONF']
  const kek = pkcs11({ token: 'keywright', key: label, modulePath, pin, sessions, unprotectedKey: 'allow' })
  const context: KeyContext = { role: 'dek', pairs: { tenant: 'acme' }, digest: new Uint8Array(32).fill(1) }
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  const { reference } = await kek.connect()
  const { wrapped, algorithm, keyVersion = '' } = await kek.wrapKey({ dataKey, context })
  const slot = { wrapped, algorithm, keyVersion, reference, context }
  const bare = bareToken(modulePath, context.digest)
  return {
    pairs: {
      wrap: { bare: () => bare.encrypt(dataKey), provider: () => kek.wrapKey({ dataKey, context }) },
      unwrap: { bare: () => bare.decrypt(wrapped), provider: () => kek.unwrapKey(slot) },
    },
    close: async () => {
      bare.close()
      await kek.close()
      await softhsm.stop()
    },
  }
}

interface BareToken {
  readonly encrypt: (dataKey: Uint8Array) => Promise<Uint8Array>
  readonly decrypt: (wrapped: Uint8Array) => Promise<Uint8Array>
  readonly close: () => void
}

/** pkcs11js alone: the shortest program that is right, with one handle and as many sessions. */
function bareToken(module: string, aad: Uint8Array): BareToken {
  const pkcs11js: typeof import('pkcs11js') = createRequire(import.meta.url)('pkcs11js')
  const client = new pkcs11js.PKCS11()
  client.load(module)
  const v240 = pkcs11js.CK_PARAMS_AES_GCM_v240
  const slot = client
    .C_GetSlotList(true)
    .find((one) => client.C_GetTokenInfo(one).label.startsWith('keywright'))
  if (slot === undefined) throw new Error('SoftHSM has no token')
  const idle = Array.from({ length: sessions }, () => client.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION))
  const waiting: ((session: Buffer) => void)[] = []
  const [first] = idle
  if (first === undefined) throw new Error('SoftHSM opened no session')
  client.C_FindObjectsInit(first, [{ type: pkcs11js.CKA_LABEL, value: label }])
  const [key] = client.C_FindObjects(first, 1)
  client.C_FindObjectsFinal(first)
  if (key === undefined) throw new Error('SoftHSM has no key')
  const mechanism = (iv: Uint8Array): Mechanism => {
    const lengths = { ivBits: 96, tagBits: 128 }
    const parameter: AesGCM = { type: v240, iv: Buffer.from(iv), aad: Buffer.from(aad), ...lengths }
    return { mechanism: pkcs11js.CKM_AES_GCM, parameter }
  }
  const leased = async <T>(use: (session: Buffer) => Promise<T>): Promise<T> => {
    const session = idle.pop() ?? (await new Promise<Buffer>((resolve) => waiting.push(resolve)))
    try {
      return await use(session)
    } finally {
      const next = waiting.shift()
      if (next === undefined) idle.push(session)
      else next(session)
    }
  }
  return {
    encrypt: (dataKey) =>
      leased(async (session) => {
        const iv = crypto.getRandomValues(new Uint8Array(12))
        client.C_EncryptInit(session, mechanism(iv), key)
        return client.C_EncryptAsync(session, Buffer.from(dataKey), Buffer.alloc(48))
      }),
    decrypt: (wrapped) =>
      leased(async (session) => {
        client.C_DecryptInit(session, mechanism(wrapped.subarray(0, 12)), key)
        return client.C_DecryptAsync(session, Buffer.from(wrapped.subarray(12)), Buffer.alloc(48))
      }),
    close: () => {
      for (const session of idle) client.C_CloseSession(session)
    },
  }
}

async function compare(id: string, pair: Pair, settings: Settings): Promise<CaseResult> {
  const single = await inTurns(pair, oneCall, settings)
  const many = await inTurns(pair, perCall, settings)
  const beside = { 'single-us': single.ours, 'single-bare-us': single.limit }
  return { id, unit: 'us', ...many, peers: {}, beside }
}

/**
 * What `@keywright/pkcs11` with its retry policy reaches beside pkcs11js alone, with AES-GCM on SoftHSM in this process:
 * the time from one end of a call to the next with 64 under way on four sessions; beside it, one after the other.
 */
export const pkcs11Cases: readonly BenchCase[] = operations.map((operation) => ({
  id: `pkcs11-${operation}`,
  run: async (settings) => {
    const subject = await start()
    try {
      return await compare(`pkcs11-${operation}`, subject.pairs[operation], settings)
    } finally {
      await subject.close()
    }
  },
}))
