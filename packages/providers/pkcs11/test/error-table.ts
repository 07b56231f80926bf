import type { ErrorCode, KeywrightError } from '@keywright/core'
import type { Cryptoki } from '../src/index.ts'

/** Return values of PKCS#11 3.0 that pkcs11js has no names for. */
export const newerReturns = {
  CKR_ACTION_PROHIBITED: 0x1b,
  CKR_AEAD_DECRYPT_FAILED: 0x42,
  CKR_CURVE_NOT_SUPPORTED: 0x140,
  CKR_TOKEN_RESOURCE_EXCEEDED: 0x201,
  CKR_OPERATION_CANCEL_FAILED: 0x202,
  CKR_KEY_EXHAUSTED: 0x203,
} as const

/** What a caller is told about an answer to one call, and what it may do then. */
export interface ErrorRow {
  readonly code: ErrorCode
  readonly retry: KeywrightError['retry']
  readonly call: keyof Cryptoki
  /** Return values by their names in the standard. */
  readonly answers: readonly `CKR_${string}`[]
}

/** Every return value with a meaning for a caller, at a call that answers it. */
export const errorRows: readonly ErrorRow[] = [
  {
    code: 'unavailable',
    retry: 'later',
    call: 'C_EncryptAsync',
    answers: [
      'CKR_HOST_MEMORY',
      'CKR_GENERAL_ERROR',
      'CKR_FUNCTION_FAILED',
      'CKR_DEVICE_ERROR',
      'CKR_DEVICE_MEMORY',
      'CKR_DEVICE_REMOVED',
      'CKR_FUNCTION_CANCELED',
      'CKR_OPERATION_NOT_INITIALIZED',
      'CKR_SESSION_CLOSED',
    ],
  },
  {
    code: 'unavailable',
    retry: 'later',
    call: 'C_DecryptInit',
    answers: ['CKR_OPERATION_ACTIVE', 'CKR_SESSION_HANDLE_INVALID', 'CKR_CRYPTOKI_NOT_INITIALIZED'],
  },
  {
    code: 'unavailable',
    retry: 'later',
    call: 'C_OpenSession',
    answers: ['CKR_TOKEN_NOT_PRESENT', 'CKR_TOKEN_NOT_RECOGNIZED'],
  },
  { code: 'unavailable', retry: 'later', call: 'C_Initialize', answers: ['CKR_FIPS_SELF_TEST_FAILED'] },
  { code: 'throttled', retry: 'later', call: 'C_OpenSession', answers: ['CKR_SESSION_COUNT'] },
  { code: 'throttled', retry: 'later', call: 'C_Login', answers: ['CKR_USER_TOO_MANY_TYPES'] },
  { code: 'throttled', retry: 'later', call: 'C_CreateObject', answers: ['CKR_TOKEN_RESOURCE_EXCEEDED'] },
  {
    code: 'unauthenticated',
    retry: 'after-login',
    call: 'C_Login',
    answers: [
      'CKR_PIN_INCORRECT',
      'CKR_PIN_INVALID',
      'CKR_PIN_LEN_RANGE',
      'CKR_PIN_EXPIRED',
      'CKR_PIN_LOCKED',
    ],
  },
  {
    code: 'unauthenticated',
    retry: 'after-login',
    call: 'C_EncryptInit',
    answers: ['CKR_USER_NOT_LOGGED_IN'],
  },
  {
    code: 'access-denied',
    retry: 'never',
    call: 'C_EncryptInit',
    answers: ['CKR_KEY_TYPE_INCONSISTENT', 'CKR_KEY_FUNCTION_NOT_PERMITTED'],
  },
  {
    code: 'access-denied',
    retry: 'never',
    call: 'C_WrapKeyAsync',
    answers: ['CKR_KEY_NOT_WRAPPABLE', 'CKR_KEY_UNEXTRACTABLE'],
  },
  {
    code: 'access-denied',
    retry: 'never',
    call: 'C_GetAttributeValue',
    answers: ['CKR_ATTRIBUTE_SENSITIVE', 'CKR_INFORMATION_SENSITIVE'],
  },
  { code: 'access-denied', retry: 'never', call: 'C_CreateObject', answers: ['CKR_ACTION_PROHIBITED'] },
  { code: 'access-denied', retry: 'never', call: 'C_DecryptAsync', answers: ['CKR_FUNCTION_REJECTED'] },
  {
    code: 'configuration',
    retry: 'never',
    call: 'C_Initialize',
    answers: ['CKR_LIBRARY_LOAD_FAILED'],
  },
  {
    code: 'configuration',
    retry: 'never',
    call: 'C_OpenSession',
    answers: ['CKR_SLOT_ID_INVALID', 'CKR_SESSION_READ_WRITE_SO_EXISTS'],
  },
  {
    code: 'configuration',
    retry: 'never',
    call: 'C_Login',
    answers: ['CKR_USER_PIN_NOT_INITIALIZED', 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN'],
  },
  { code: 'configuration', retry: 'never', call: 'C_EncryptInit', answers: ['CKR_KEY_SIZE_RANGE'] },
  {
    code: 'configuration',
    retry: 'never',
    call: 'C_UnwrapKeyAsync',
    answers: ['CKR_UNWRAPPING_KEY_SIZE_RANGE', 'CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT'],
  },
  {
    code: 'configuration',
    retry: 'never',
    call: 'C_WrapKeyAsync',
    answers: ['CKR_WRAPPING_KEY_SIZE_RANGE', 'CKR_WRAPPING_KEY_TYPE_INCONSISTENT'],
  },
  {
    code: 'unsupported',
    retry: 'never',
    call: 'C_Initialize',
    answers: ['CKR_NEED_TO_CREATE_THREADS', 'CKR_CANT_LOCK'],
  },
  { code: 'unsupported', retry: 'never', call: 'C_Login', answers: ['CKR_USER_TYPE_INVALID'] },
  {
    code: 'unsupported',
    retry: 'never',
    call: 'C_EncryptInit',
    answers: [
      'CKR_ARGUMENTS_BAD',
      'CKR_FUNCTION_NOT_SUPPORTED',
      'CKR_MECHANISM_INVALID',
      'CKR_MECHANISM_PARAM_INVALID',
    ],
  },
  {
    code: 'unsupported',
    retry: 'never',
    call: 'C_CreateObject',
    answers: [
      'CKR_ATTRIBUTE_READ_ONLY',
      'CKR_ATTRIBUTE_TYPE_INVALID',
      'CKR_ATTRIBUTE_VALUE_INVALID',
      'CKR_SESSION_READ_ONLY',
      'CKR_TEMPLATE_INCOMPLETE',
      'CKR_TEMPLATE_INCONSISTENT',
      'CKR_TOKEN_WRITE_PROTECTED',
    ],
  },
  {
    code: 'invalid-argument',
    retry: 'never',
    call: 'C_EncryptAsync',
    answers: ['CKR_DATA_INVALID', 'CKR_DATA_LEN_RANGE'],
  },
  { code: 'invalid-response', retry: 'never', call: 'C_EncryptAsync', answers: ['CKR_BUFFER_TOO_SMALL'] },
  {
    code: 'key-destroyed',
    retry: 'never',
    call: 'C_DecryptInit',
    answers: ['CKR_KEY_HANDLE_INVALID', 'CKR_OBJECT_HANDLE_INVALID'],
  },
  {
    code: 'key-destroyed',
    retry: 'never',
    call: 'C_UnwrapKeyAsync',
    answers: ['CKR_UNWRAPPING_KEY_HANDLE_INVALID'],
  },
  {
    code: 'key-destroyed',
    retry: 'never',
    call: 'C_WrapKeyAsync',
    answers: ['CKR_WRAPPING_KEY_HANDLE_INVALID'],
  },
  // What is answered to a wrapped key is told alike, whatever it is: it may come from anyone.
  ...(['C_DecryptAsync', 'C_UnwrapKeyAsync'] as const).map(
    (call): ErrorRow => ({
      code: 'unwrap-failed',
      retry: 'never',
      call,
      answers: [
        'CKR_GENERAL_ERROR',
        'CKR_FUNCTION_FAILED',
        'CKR_ARGUMENTS_BAD',
        'CKR_ATTRIBUTE_VALUE_INVALID',
        'CKR_DATA_INVALID',
        'CKR_DATA_LEN_RANGE',
        'CKR_DEVICE_ERROR',
        'CKR_ENCRYPTED_DATA_INVALID',
        'CKR_ENCRYPTED_DATA_LEN_RANGE',
        'CKR_AEAD_DECRYPT_FAILED',
        'CKR_WRAPPED_KEY_INVALID',
        'CKR_WRAPPED_KEY_LEN_RANGE',
        'CKR_BUFFER_TOO_SMALL',
      ],
    }),
  ),
]

/** Return values without a meaning of their own, and why they need none. */
export const unanswered: Readonly<Record<`CKR_${string}`, string>> = {
  CKR_OK: 'no error',
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 'as good as success',
  CKR_USER_ALREADY_LOGGED_IN: 'as good as success',
  CKR_CANCEL: "of an application's own callbacks",
  CKR_NO_EVENT: 'of C_WaitForSlotEvent',
  CKR_FUNCTION_NOT_PARALLEL: 'of calls that are no longer there',
  CKR_SESSION_PARALLEL_NOT_SUPPORTED: 'to sessions without CKF_SERIAL_SESSION',
  CKR_KEY_NOT_NEEDED: 'of C_SetOperationState',
  CKR_KEY_CHANGED: 'of C_SetOperationState',
  CKR_KEY_NEEDED: 'of C_SetOperationState',
  CKR_SAVED_STATE_INVALID: 'of C_SetOperationState',
  CKR_STATE_UNSAVEABLE: 'of C_GetOperationState',
  CKR_KEY_INDIGESTIBLE: 'of C_DigestKey',
  CKR_SESSION_EXISTS: 'of C_InitToken',
  CKR_SESSION_READ_ONLY_EXISTS: "to a security officer's log-in",
  CKR_SIGNATURE_INVALID: 'of C_Verify',
  CKR_SIGNATURE_LEN_RANGE: 'of C_Verify',
  CKR_RANDOM_SEED_NOT_SUPPORTED: 'of C_SeedRandom',
  CKR_RANDOM_NO_RNG: 'of C_GenerateRandom',
  CKR_DOMAIN_PARAMS_INVALID: 'to the making of keys',
  CKR_CURVE_NOT_SUPPORTED: 'to the making of keys',
  CKR_EXCEEDED_MAX_ITERATIONS: 'to the making of keys',
  CKR_PUBLIC_KEY_INVALID: 'to the making of keys',
  CKR_PIN_TOO_WEAK: 'of C_SetPIN',
  CKR_MUTEX_BAD: "of an application's own locks",
  CKR_MUTEX_NOT_LOCKED: "of an application's own locks",
  CKR_NEW_PIN_MODE: 'of one-time passwords',
  CKR_NEXT_OTP: 'of one-time passwords',
  CKR_OPERATION_CANCEL_FAILED: 'of C_SessionCancel',
  CKR_KEY_EXHAUSTED: 'of keys that sign so many times',
}
