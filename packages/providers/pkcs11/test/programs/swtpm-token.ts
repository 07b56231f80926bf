// Uses a TPM through the provider, and bare, and prints what came of it. Started with the environment of the backend.
import { pkcs11js, TokenAdmin } from '../../conformance/token-admin.ts'
import { pkcs11 } from '../../src/index.ts'
import { contextOf, dataKey, wrapSlot } from '../key-context.ts'

const pin = 'swtpm-user-pin'
const module = process.env['KEYWRIGHT_SWTPM_MODULE'] ?? ''
const admin = new TokenAdmin({ module, pin, label: 'keywright' })
const context = contextOf('a')

const { privateKey } = admin.createRsa('tpm key', '01')
const reach = { token: admin.label, modulePath: module, pin, type: 'private' } as const
const kek = pkcs11({ ...reach, key: 'tpm key', sessions: 1, resilience: false })
const { capabilities } = await kek.connect()
const slot = await wrapSlot(kek, dataKey, context)
const changed = slot.wrapped.map((byte, index) => (index === 100 ? byte ^ 1 : byte))

/** What three unwraps come to: a good one, a refused one, a good one. */
const unwraps: string[] = []
for (const wrapped of [slot.wrapped, changed, slot.wrapped]) {
  const unwrapping = kek.unwrapKey({ ...slot, wrapped, context })
  unwraps.push(
    await unwrapping.then(
      (answer) => (Buffer.from(answer.dataKey).equals(dataKey) ? 'right' : 'wrong'),
      (error) => error.code,
    ),
  )
}

/** The same, bare and in one session. */
const bare: number[] = []
const session = admin.client.C_OpenSession(admin.slot, pkcs11js.CKF_SERIAL_SESSION)
const parameter = { type: pkcs11js.CK_PARAMS_RSA_OAEP, hashAlg: pkcs11js.CKM_SHA256, mgf: 2, source: 1 }
for (const wrapped of [slot.wrapped, changed, slot.wrapped]) {
  try {
    const mechanism = { mechanism: pkcs11js.CKM_RSA_PKCS_OAEP, parameter }
    admin.client.C_DecryptInit(session, mechanism, privateKey)
    admin.client.C_Decrypt(session, Buffer.from(wrapped), Buffer.alloc(256))
    bare.push(0)
  } catch (error) {
    bare.push(error instanceof pkcs11js.Pkcs11Error ? error.code : -1)
  }
}

await kek.close()
console.log(JSON.stringify({ protectionLevel: capabilities.protectionLevel, unwraps, bare }))
admin.client.C_Finalize()
