import type { ErrorCode, KeywrightError } from '@keywright/core'
import { keyManagerWords } from './key-manager-words.ts'

/** What a key manager refused. */
export interface Refusal {
  readonly code: ErrorCode
  /** Scheme of the provider. */
  readonly scheme: string
  readonly operation: KeywrightError['details']['operation']
  /** URI of the key, where it is known. */
  readonly key?: string | undefined
}

/** What to do about answers that mean the same at every key manager. */
const general: Readonly<Partial<Record<ErrorCode, string>>> = {
  unauthenticated: 'give the right passphrase or credentials',
  'access-denied': 'check what the key manager, or the file, allows to this user',
  'key-not-found': 'check the name of the key, and where it is looked for',
  'key-disabled': 'enable the key at its key manager',
  'key-destroyed': 'restore the key where its key manager can; else open with another key of the file',
  'key-version-retired':
    'enable the version that the file names at the key manager, rewrap, disable it again',
  'unwrap-failed':
    'the wrapped key is not of this key, not of this context, or was altered: keywright inspect',
  'key-mismatch': 'the answer came from another key than asked: check what stands between here and there',
  'invalid-response': 'the answer breaks the rules of its own interface: check what stands between',
  throttled: 'the key manager asks for patience: run it again later, or raise the quota',
  unavailable: 'run it again when the key manager can be reached',
  timeout: 'run it again when the key manager can be reached; keywright doctor shows how long calls take',
  unsupported: 'this key cannot do that: keywright doctor shows what it declares',
}

/**
 * What to do about a key manager's refusal, in its own terms where they are known.
 *
 * @param refusal code, scheme and call
 * @returns undefined where there is nothing to say beyond the error's message
 */
export function adviceOn({ code, scheme, operation, key }: Refusal): string | undefined {
  const words = keyManagerWords.get(scheme)
  const right = operation === undefined ? undefined : words?.rights[operation]
  if (code === 'access-denied' && words !== undefined && right !== undefined) {
    return `allow ${words.nameRight(right, referenceIn(key))} ${words.grant}`
  }
  const remedies = words?.remedies
  // A call that got no answer in time, and one that found nobody there, have the same causes.
  return remedies?.[code] ?? (code === 'timeout' ? remedies?.unavailable : undefined) ?? general[code]
}

/** What follows the scheme of a key URI, without its query. */
function referenceIn(key: string | undefined): string | undefined {
  return key?.replace(/^[a-z][a-z0-9-]*:(\/\/)?/, '').replace(/\?.*$/, '')
}
