/** Something about a key that its owner should know. */
export interface Pkcs11Warning {
  readonly code:
    | 'KEYWRIGHT_PKCS11_KEY_READABLE'
    | 'KEYWRIGHT_PKCS11_KEY_EXTRACTABLE'
    | 'KEYWRIGHT_PKCS11_KEY_WAS_EXTRACTABLE'
    | 'KEYWRIGHT_PKCS11_MANY_WRAPS'
  /** One sentence that names the key. */
  readonly message: string
}

/** Prints a warning where nobody listens for it. */
export function printWarning({ code, message }: Pkcs11Warning): void {
  process.emitWarning(message, { type: 'KeywrightWarning', code })
}
