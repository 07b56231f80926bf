import { createRequire } from 'node:module'
import type { Handle, PKCS11 } from 'pkcs11js'

/** pkcs11js as its own types have it; nothing of it where it was not built, and then no token starts either. */
export const pkcs11js: typeof import('pkcs11js') = required()

function required(): typeof import('pkcs11js') {
  try {
    return createRequire(import.meta.url)('pkcs11js')
  } catch {
    return {} as typeof import('pkcs11js')
  }
}

/** What a token is reached by. */
export interface TokenAccess {
  readonly module: string
  readonly pin: string
  /** Of C_Initialize, for NSS. */
  readonly parameters?: string | undefined
  /**
   * The label that the first token has, or is given where it is new. Without one it is the only token that wants a
   * log-in.
   */
  readonly label?: string | undefined
}

const soPin = 'security-officer'
const { CKA_CLASS, CKA_DECRYPT, CKA_ENCRYPT, CKA_EXTRACTABLE, CKA_ID, CKA_KEY_TYPE, CKA_LABEL } = pkcs11js
const { CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT, CKA_SENSITIVE, CKA_TOKEN, CKA_UNWRAP, CKA_VALUE_LEN } =
  pkcs11js

/** What the administrator of a token does, in the process that tests it; nothing here is of the provider. */
export class TokenAdmin {
  readonly client: PKCS11
  readonly slot: Handle
  session: Handle
  /** The token's label. */
  readonly label: string
  readonly #pin: string

  /** Initialises the module where nobody has, and logs in as user. */
  constructor({ module, pin, parameters, label }: TokenAccess) {
    this.#pin = pin
    this.client = new pkcs11js.PKCS11()
    this.client.load(module)
    ignoring(pkcs11js.CKR_CRYPTOKI_ALREADY_INITIALIZED, () =>
      this.client.C_Initialize({
        flags: pkcs11js.CKF_OS_LOCKING_OK,
        ...(parameters === undefined ? {} : { libraryParameters: `${parameters} ` }),
      }),
    )
    const slots = this.client.C_GetSlotList(true)
    const isNew = label !== undefined && slots.slice(0, 1).some((slot) => this.#initialise(slot, label))
    const found = slots.find((slot) => {
      const { flags, label: padded } = this.client.C_GetTokenInfo(slot)
      return label === undefined ? (flags & pkcs11js.CKF_LOGIN_REQUIRED) !== 0 : padded.trim() === label
    })
    if (found === undefined) throw new Error('The module has no such token.')
    this.slot = found
    this.label = this.client.C_GetTokenInfo(found).label.trim()
    this.session = this.client.C_OpenSession(found, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
    const { flags } = this.client.C_GetTokenInfo(found)
    // A new TPM says from the start that the user has a PIN.
    if (isNew || (flags & pkcs11js.CKF_USER_PIN_INITIALIZED) === 0) {
      // In a new database of NSS the security officer has no PIN yet.
      this.client.C_Login(this.session, pkcs11js.CKU_SO, label === undefined ? '' : soPin)
      this.client.C_InitPIN(this.session, pin)
      this.client.C_Logout(this.session)
    }
    this.logIn()
  }

  /** A token that is new has neither label nor PINs. */
  #initialise(slot: Handle, label: string): boolean {
    const { flags } = this.client.C_GetTokenInfo(slot)
    if ((flags & pkcs11js.CKF_TOKEN_INITIALIZED) !== 0) return false
    // The label has no length in this call: it is 32 characters, whatever stands there.
    this.client.C_InitToken(slot, soPin, label.padEnd(32))
    return true
  }

  /** Logs in where nobody is. */
  logIn(): void {
    ignoring(pkcs11js.CKR_USER_ALREADY_LOGGED_IN, () =>
      this.client.C_Login(this.session, pkcs11js.CKU_USER, this.#pin),
    )
  }

  /**
   * Makes an AES key of 256 bits that does not leave the token.
   *
   * @param id CKA_ID in hexadecimal
   * @param more attributes beside the usual ones, or in their place
   */
  createAes(
    label: string,
    id: string,
    more: readonly { type: number; value: boolean | number }[] = [],
  ): Handle {
    const usual = [
      { type: CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
      { type: CKA_VALUE_LEN, value: 32 },
      { type: CKA_TOKEN, value: true },
      { type: CKA_SENSITIVE, value: true },
      { type: CKA_EXTRACTABLE, value: false },
      { type: CKA_ENCRYPT, value: true },
      { type: CKA_DECRYPT, value: true },
      { type: pkcs11js.CKA_WRAP, value: true },
      { type: CKA_UNWRAP, value: true },
    ].filter(({ type }) => more.every((other) => other.type !== type))
    const name = [
      { type: CKA_LABEL, value: label },
      { type: CKA_ID, value: Buffer.from(id, 'hex') },
    ]
    const mechanism = { mechanism: pkcs11js.CKM_AES_KEY_GEN }
    return this.client.C_GenerateKey(this.session, mechanism, [...usual, ...more, ...name])
  }

  /** Makes an RSA pair whose private key does not leave the token. */
  createRsa(label: string, id: string, bits = 2_048): { publicKey: Handle; privateKey: Handle } {
    const name = [
      { type: CKA_TOKEN, value: true },
      { type: CKA_LABEL, value: label },
      { type: CKA_ID, value: Buffer.from(id, 'hex') },
    ]
    return this.client.C_GenerateKeyPair(
      this.session,
      { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN },
      [
        ...name,
        { type: CKA_MODULUS_BITS, value: bits },
        { type: CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
        { type: CKA_ENCRYPT, value: true },
      ],
      [
        ...name,
        { type: CKA_SENSITIVE, value: true },
        { type: CKA_EXTRACTABLE, value: false },
        { type: CKA_DECRYPT, value: true },
      ],
    )
  }

  /** The public half of a pair, as anyone may have it. */
  publicJwk(label: string): { kty: string; n: string; e: string } {
    const kind = { type: CKA_CLASS, value: pkcs11js.CKO_PUBLIC_KEY }
    const [handle] = this.#search([kind, { type: CKA_LABEL, value: label }])
    if (handle === undefined) throw new Error('There is no such public key.')
    const [n, e] = this.client.C_GetAttributeValue(this.session, handle, [
      { type: pkcs11js.CKA_MODULUS },
      { type: CKA_PUBLIC_EXPONENT },
    ])
    const text = (value: Buffer | undefined): string => value?.toString('base64url') ?? ''
    return { kty: 'RSA', n: text(n?.value), e: text(e?.value) }
  }

  /** Objects with a label, and with an id where one is given. */
  find(label: string, id?: string): Handle[] {
    const byId = id === undefined ? [] : [{ type: CKA_ID, value: Buffer.from(id, 'hex') }]
    return this.#search([{ type: CKA_LABEL, value: label }, ...byId])
  }

  #search(template: { type: number; value: string | number | Buffer }[]): Handle[] {
    this.client.C_FindObjectsInit(this.session, template)
    const found = this.client.C_FindObjects(this.session, 100)
    this.client.C_FindObjectsFinal(this.session)
    return found
  }

  /** Destroys them. */
  destroy(label: string, id?: string): void {
    for (const object of this.find(label, id)) this.client.C_DestroyObject(this.session, object)
  }

  /** Takes away what a key may do. */
  forbid(label: string): void {
    const off = [CKA_ENCRYPT, CKA_DECRYPT].map((type) => ({ type, value: false }))
    for (const object of this.find(label)) this.client.C_SetAttributeValue(this.session, object, off)
  }

  /** Opens its session again, after all were closed. */
  reopen(): void {
    this.session = this.client.C_OpenSession(this.slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
    this.logIn()
  }

  close(): void {
    this.client.C_CloseSession(this.session)
  }
}

function ignoring(rv: number, call: () => void): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof pkcs11js.Pkcs11Error) || error.code !== rv) throw error
  }
}
