import type { ErrorCode, KeywrightError } from '@keywright/core'

/** What the command ends with. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130

/** What each exit code says; `--help` prints this table. */
export const exitCodes: ReadonlyMap<ExitCode, string> = new Map<ExitCode, string>([
  [0, 'everything was done'],
  [1, 'something failed: a file could not be read or written, or several paths failed for different reasons'],
  [2, 'a flag, an argument or the config file is wrong; nothing was done'],
  [
    3,
    'refused: not these keys, not this context, or the envelope is damaged or was altered; an old key is not locked out',
  ],
  [4, 'a key manager could not be reached, did not allow it, or does not do what it declares'],
  [130, 'interrupted'],
])

/** Which exit code an error alone leads to. */
const byCode: Readonly<Record<ErrorCode, ExitCode>> = {
  'access-denied': 4,
  unauthenticated: 4,
  'key-not-found': 4,
  'key-disabled': 4,
  'key-destroyed': 4,
  'key-version-retired': 4,
  'unwrap-failed': 3,
  'key-mismatch': 3,
  'invalid-response': 4,
  'invalid-argument': 2,
  unsupported: 4,
  throttled: 4,
  unavailable: 4,
  timeout: 4,
  aborted: 130,
  configuration: 2,
  unknown: 4,
  'malformed-envelope': 3,
  'unsupported-version': 3,
  'no-matching-key': 3,
  'policy-mismatch': 3,
  'context-mismatch': 3,
  'authentication-failed': 3,
  truncated: 3,
  'limit-exceeded': 3,
  conflict: 1,
  'storage-not-found': 1,
  'storage-exists': 1,
  'storage-denied': 1,
  'storage-read-only': 1,
  'storage-full': 1,
  'storage-failed': 1,
}

/**
 * The exit code of one error.
 *
 * @param code of the error
 */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return byCode[code]
}

/** The exit code of one error. */
export function exitCodeFor({ code }: Pick<KeywrightError, 'code'>): ExitCode {
  return byCode[code]
}

/**
 * The exit code of a run in which some paths failed: what they have in common, else 1.
 *
 * @param codes of the paths that failed
 */
export function exitCodeOfAll(codes: readonly ExitCode[]): ExitCode {
  const distinct = new Set(codes)
  if (distinct.has(130)) return 130
  const [first] = distinct
  if (first === undefined) return 0
  return distinct.size === 1 ? first : 1
}
