// Numbers of PKCS#11 3.1 (OASIS), under the standard's own names less their prefix.

/** CKM: mechanisms. */
export const mechanisms = {
  RSA_PKCS_OAEP: 0x9,
  SHA256: 0x250,
  AES_GCM: 0x1087,
  /** RFC 5649 after 2.40, and PKCS#7 padding under AES key wrap in older modules. */
  AES_KEY_WRAP_PAD: 0x210a,
  /** RFC 5649 in every module that has it. */
  AES_KEY_WRAP_KWP: 0x210b,
} as const

/** CKA: attributes. */
export const attributes = {
  CLASS: 0x0,
  TOKEN: 0x1,
  LABEL: 0x3,
  VALUE: 0x11,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  WRAP: 0x106,
  UNWRAP: 0x107,
  MODULUS: 0x120,
  PUBLIC_EXPONENT: 0x122,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
  NEVER_EXTRACTABLE: 0x164,
} as const

/** CKO: classes of objects. */
export const classes = { public: 2, private: 3, secret: 4 } as const

/** CKK: kinds of keys. */
export const keyTypes = { RSA: 0x0, GENERIC_SECRET: 0x10, AES: 0x1f } as const

/** CKF: flags of sessions, tokens, mechanisms and initialisation. */
export const flags = {
  OS_LOCKING_OK: 0x2,
  SERIAL_SESSION: 0x4,
  LOGIN_REQUIRED: 0x4,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_FINAL_TRY: 0x20000,
  USER_PIN_LOCKED: 0x40000,
  HW: 0x1,
} as const

/** CKS: states of a session in which the user is logged in. */
export const sessionStates = { RO_USER_FUNCTIONS: 1, RW_USER_FUNCTIONS: 3 } as const

/** CKR: return values that this provider acts on; `error-codes.ts` has what each means for a caller. */
export const returns = {
  GENERAL_ERROR: 0x5,
  ENCRYPTED_DATA_LEN_RANGE: 0x41,
  TOKEN_NOT_PRESENT: 0xe0,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const
