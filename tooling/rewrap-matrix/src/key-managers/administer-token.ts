// The administrator of a token, in a process of its own: a process loads one Cryptoki, with one configuration. Each message
// is an operation, a label, and CKA_IDs in hexadecimal, and is answered; module and PIN come in the environment.
import { createRequire } from 'node:module'
import process from 'node:process'
import type { Handle } from 'pkcs11js'

const pkcs11js: typeof import('pkcs11js') = createRequire(import.meta.url)('pkcs11js')
const encrypts = [pkcs11js.CKA_ENCRYPT, pkcs11js.CKA_DECRYPT] as const
const wraps = [pkcs11js.CKA_WRAP, pkcs11js.CKA_UNWRAP] as const
const { KEYWRIGHT_PKCS11_MODULE: module = '', KEYWRIGHT_PKCS11_PIN: pin = '' } = process.env

const client = new pkcs11js.PKCS11()
client.load(module)
client.C_Initialize()
const slot = client
  .C_GetSlotList(true)
  .find((one) => (client.C_GetTokenInfo(one).flags & pkcs11js.CKF_TOKEN_INITIALIZED) !== 0)
if (slot === undefined) throw new Error('there is no token')
const session = client.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
client.C_Login(session, pkcs11js.CKU_USER, pin)

process.on('message', ([operation, label = '', ...ids]: readonly string[]) => {
  for (const hexadecimal of ids) {
    const id = Buffer.from(hexadecimal, 'hex')
    if (operation === 'create') create(label, id, [encrypts, wraps].flat())
    else if (operation === 'create-wrapping') create(label, id, wraps)
    else for (const object of find(label, id)) allowUnwrap(object, operation === 'allow')
  }
  process.send?.('done')
})
process.on('disconnect', () => {
  client.C_Finalize()
  client.close()
})

function create(label: string, id: Buffer, may: readonly number[]): void {
  const all = [encrypts, wraps].flat()
  client.C_GenerateKey(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
    { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
    ...all.map((type) => ({ type, value: may.includes(type) })),
    { type: pkcs11js.CKA_LABEL, value: label },
    { type: pkcs11js.CKA_ID, value: id },
  ])
}

function find(label: string, id: Buffer): Handle[] {
  client.C_FindObjectsInit(session, [
    { type: pkcs11js.CKA_LABEL, value: label },
    { type: pkcs11js.CKA_ID, value: id },
  ])
  const found = client.C_FindObjects(session, 10)
  client.C_FindObjectsFinal(session)
  return found
}

/** Of the two ways in which a key may be used, those that it was made for. */
function allowUnwrap(object: Handle, value: boolean): void {
  for (const [forth, back] of [encrypts, wraps]) {
    const [made] = client.C_GetAttributeValue(session, object, [{ type: forth }])
    if (made?.value[0] === 1) client.C_SetAttributeValue(session, object, [{ type: back, value }])
  }
}
