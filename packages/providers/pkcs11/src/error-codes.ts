import type { ProviderDefinition } from '@keywright/core/provider'
import type { Cryptoki } from './cryptoki.ts'
import { CryptokiFailure } from './cryptoki-calls.ts'

type Code = ReturnType<ProviderDefinition<unknown>['classify']>['code']

/** Answers to C_Login that count as a try with a wrong PIN, or mean that another would be one. */
export const loginRefusals: ReadonlySet<number> = new Set([0xa0, 0xa1, 0xa2, 0xa3, 0xa4])

/** The handle means no object any more: destroyed, or from before a log-in. One look-up tells. */
export const lostObjects: ReadonlySet<number> = new Set([0x60, 0x82, 0xf0, 0x113])

/** The session, its log-in or the device is gone, and may be back. One new session tells. */
export const lostSessions: ReadonlySet<number> = new Set([0x32, 0xb0, 0xb3, 0xe0, 0x101, 0x190])

/** What a return value means wherever it comes from, by CKR number; the tests say why the others stand for nothing. */
const anywhere: ReadonlyMap<number, Code> = new Map<number, Code>([
  [0x02, 'unavailable'], // HOST_MEMORY
  [0x03, 'configuration'], // SLOT_ID_INVALID
  [0x05, 'unavailable'], // GENERAL_ERROR
  [0x06, 'unavailable'], // FUNCTION_FAILED
  [0x07, 'unsupported'], // ARGUMENTS_BAD: parameters of a mechanism, in older modules
  [0x09, 'unsupported'], // NEED_TO_CREATE_THREADS
  [0x0a, 'unsupported'], // CANT_LOCK: cannot be used by several threads
  [0x10, 'unsupported'], // ATTRIBUTE_READ_ONLY
  [0x11, 'access-denied'], // ATTRIBUTE_SENSITIVE
  [0x12, 'unsupported'], // ATTRIBUTE_TYPE_INVALID
  [0x13, 'unsupported'], // ATTRIBUTE_VALUE_INVALID
  [0x1b, 'access-denied'], // ACTION_PROHIBITED
  [0x20, 'invalid-argument'], // DATA_INVALID
  [0x21, 'invalid-argument'], // DATA_LEN_RANGE
  [0x30, 'unavailable'], // DEVICE_ERROR
  [0x31, 'unavailable'], // DEVICE_MEMORY
  [0x32, 'unavailable'], // DEVICE_REMOVED
  [0x40, 'unwrap-failed'], // ENCRYPTED_DATA_INVALID
  [0x41, 'unwrap-failed'], // ENCRYPTED_DATA_LEN_RANGE
  [0x42, 'unwrap-failed'], // AEAD_DECRYPT_FAILED
  [0x50, 'unavailable'], // FUNCTION_CANCELED
  [0x54, 'unsupported'], // FUNCTION_NOT_SUPPORTED
  [0x60, 'key-destroyed'], // KEY_HANDLE_INVALID
  [0x62, 'configuration'], // KEY_SIZE_RANGE
  [0x63, 'access-denied'], // KEY_TYPE_INCONSISTENT: NSS of a key that may not do this; its kind was checked before
  [0x68, 'access-denied'], // KEY_FUNCTION_NOT_PERMITTED
  [0x69, 'access-denied'], // KEY_NOT_WRAPPABLE
  [0x6a, 'access-denied'], // KEY_UNEXTRACTABLE
  [0x70, 'unsupported'], // MECHANISM_INVALID
  [0x71, 'unsupported'], // MECHANISM_PARAM_INVALID
  [0x82, 'key-destroyed'], // OBJECT_HANDLE_INVALID
  [0x90, 'unavailable'], // OPERATION_ACTIVE
  [0x91, 'unavailable'], // OPERATION_NOT_INITIALIZED
  [0xa0, 'unauthenticated'], // PIN_INCORRECT
  [0xa1, 'unauthenticated'], // PIN_INVALID
  [0xa2, 'unauthenticated'], // PIN_LEN_RANGE
  [0xa3, 'unauthenticated'], // PIN_EXPIRED
  [0xa4, 'unauthenticated'], // PIN_LOCKED
  [0xb0, 'unavailable'], // SESSION_CLOSED
  [0xb1, 'throttled'], // SESSION_COUNT
  [0xb3, 'unavailable'], // SESSION_HANDLE_INVALID
  [0xb5, 'unsupported'], // SESSION_READ_ONLY
  [0xb8, 'configuration'], // SESSION_READ_WRITE_SO_EXISTS: the security officer is logged in
  [0xd0, 'unsupported'], // TEMPLATE_INCOMPLETE
  [0xd1, 'unsupported'], // TEMPLATE_INCONSISTENT
  [0xe0, 'unavailable'], // TOKEN_NOT_PRESENT
  [0xe1, 'unavailable'], // TOKEN_NOT_RECOGNIZED
  [0xe2, 'unsupported'], // TOKEN_WRITE_PROTECTED
  [0xf0, 'key-destroyed'], // UNWRAPPING_KEY_HANDLE_INVALID
  [0xf1, 'configuration'], // UNWRAPPING_KEY_SIZE_RANGE
  [0xf2, 'configuration'], // UNWRAPPING_KEY_TYPE_INCONSISTENT
  [0x101, 'unauthenticated'], // USER_NOT_LOGGED_IN
  [0x102, 'configuration'], // USER_PIN_NOT_INITIALIZED
  [0x103, 'unsupported'], // USER_TYPE_INVALID
  [0x104, 'configuration'], // USER_ANOTHER_ALREADY_LOGGED_IN
  [0x105, 'throttled'], // USER_TOO_MANY_TYPES
  [0x110, 'unwrap-failed'], // WRAPPED_KEY_INVALID
  [0x112, 'unwrap-failed'], // WRAPPED_KEY_LEN_RANGE
  [0x113, 'key-destroyed'], // WRAPPING_KEY_HANDLE_INVALID
  [0x114, 'configuration'], // WRAPPING_KEY_SIZE_RANGE
  [0x115, 'configuration'], // WRAPPING_KEY_TYPE_INCONSISTENT
  [0x150, 'invalid-response'], // BUFFER_TOO_SMALL: wraps to more than the algorithm does
  [0x170, 'access-denied'], // INFORMATION_SENSITIVE
  [0x190, 'unavailable'], // CRYPTOKI_NOT_INITIALIZED
  [0x1b6, 'unavailable'], // FIPS_SELF_TEST_FAILED
  [0x1b7, 'configuration'], // LIBRARY_LOAD_FAILED
  [0x200, 'access-denied'], // FUNCTION_REJECTED: by whoever was asked
  [0x201, 'throttled'], // TOKEN_RESOURCE_EXCEEDED
])

/** Calls whose input is the wrapped key. */
const decryptions: ReadonlySet<keyof Cryptoki> = new Set(['C_DecryptAsync', 'C_UnwrapKeyAsync'])

/** What tokens say to a wrapped key that they cannot open, beside the codes made for it. */
const refusedInput: ReadonlySet<number> = new Set([
  0x07, // ARGUMENTS_BAD
  0x13, // ATTRIBUTE_VALUE_INVALID: unwrapped to another length
  0x20, // DATA_INVALID
  0x21, // DATA_LEN_RANGE
  0x150, // BUFFER_TOO_SMALL: decrypts to more than a data key
])

/**
 * The same from some tokens, and a failing device from others: the token is asked whether it is there. Kryoptic says it
 * to a handle from before a log-out too.
 */
export const refusalOrFault: ReadonlySet<number> = new Set([
  0x05, // GENERAL_ERROR: SoftHSM 2.6
  0x06, // FUNCTION_FAILED
  0x30, // DEVICE_ERROR: Kryoptic
])

/**
 * What a token says that has not a mechanism, or takes no object or key like this. Nothing else does: a device that fails,
 * a session or a log-in that is lost and a lack of room say nothing of what the token can do.
 */
export const notHad: ReadonlySet<number> = new Set([
  0x07, // ARGUMENTS_BAD: parameters of a mechanism, in older modules
  0x10, // ATTRIBUTE_READ_ONLY
  0x12, // ATTRIBUTE_TYPE_INVALID
  0x13, // ATTRIBUTE_VALUE_INVALID
  0x1b, // ACTION_PROHIBITED: imports no key
  0x21, // DATA_LEN_RANGE: key wrap without padding to these bytes
  0x54, // FUNCTION_NOT_SUPPORTED
  0x62, // KEY_SIZE_RANGE
  0x63, // KEY_TYPE_INCONSISTENT
  0x68, // KEY_FUNCTION_NOT_PERMITTED
  0x69, // KEY_NOT_WRAPPABLE
  0x6a, // KEY_UNEXTRACTABLE: this mechanism wraps none
  0x70, // MECHANISM_INVALID
  0x71, // MECHANISM_PARAM_INVALID
  0xb5, // SESSION_READ_ONLY: imports into sessions that write only
  0xd0, // TEMPLATE_INCOMPLETE
  0xd1, // TEMPLATE_INCONSISTENT
  0xe2, // TOKEN_WRITE_PROTECTED
  0x114, // WRAPPING_KEY_SIZE_RANGE
  0x115, // WRAPPING_KEY_TYPE_INCONSISTENT
  0x150, // BUFFER_TOO_SMALL: more padding than RFC 5649 has
])

/** Whether only a question to the token tells a refused wrapped key from a failing device. */
export function isAmbiguous({ call, rv }: CryptokiFailure): boolean {
  return decryptions.has(call) && refusalOrFault.has(rv)
}

/** Maps what a Cryptoki call answered to one of our codes, by the call and by whether the token is there. */
export const classifyCryptokiFailure: ProviderDefinition<unknown>['classify'] = (error) => {
  if (!(error instanceof CryptokiFailure)) return { code: 'unknown' }
  const { call, rv, tokenAnswers } = error
  const refused = decryptions.has(call) && (refusedInput.has(rv) || (refusalOrFault.has(rv) && tokenAnswers))
  return { code: refused ? 'unwrap-failed' : (anywhere.get(rv) ?? 'unknown') }
}
