/** A handle of Cryptoki: bytes that mean something to the module only. */
export type Handle = Uint8Array

/** One attribute of a template, or of an answer. */
export interface Attribute {
  /** A CKA number. */
  readonly type: number
  readonly value?: Uint8Array | number | boolean | string | Date
}

/** A mechanism with its parameter, as pkcs11js takes it. */
export interface Mechanism {
  /** A CKM number. */
  readonly mechanism: number
  readonly parameter?: { readonly type: number; readonly [field: string]: Uint8Array | number }
}

/** What a token says of itself; text padded with blanks. */
export interface TokenInfo {
  readonly label: string
  readonly manufacturerID: string
  readonly model: string
  readonly serialNumber: string
  readonly flags: number
}

/** What this provider calls of pkcs11js; any object of this shape can be injected. */
export interface Cryptoki {
  C_Initialize(options?: { readonly flags: number; readonly libraryParameters?: string }): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent?: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): TokenInfo
  C_GetMechanismList(slot: Handle): number[]
  C_GetMechanismInfo(slot: Handle, mechanism: number): { readonly flags: number }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_GetSessionInfo(session: Handle): { readonly state: number }
  C_Login(session: Handle, user: number, pin?: string): void
  C_FindObjectsInit(session: Handle, template: Attribute[]): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: Attribute[],
  ): { readonly type: number; readonly value: Uint8Array }[]
  C_CreateObject(session: Handle, template: Attribute[]): Handle
  C_DestroyObject(session: Handle, object: Handle): void
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_EncryptAsync(session: Handle, input: Uint8Array, output: Uint8Array): Promise<Uint8Array>
  C_DecryptAsync(session: Handle, input: Uint8Array, output: Uint8Array): Promise<Uint8Array>
  C_WrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    wrapping: Handle,
    key: Handle,
    output: Uint8Array,
  ): Promise<Uint8Array>
  C_UnwrapKeyAsync(
    session: Handle,
    mechanism: Mechanism,
    unwrapping: Handle,
    wrapped: Uint8Array,
    template: Attribute[],
  ): Promise<Handle>
}
