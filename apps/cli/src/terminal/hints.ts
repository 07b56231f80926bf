import type { ErrorCode, KeywrightError } from '@keywright/core'
import { adviceOn } from '../advice/advice.ts'

/** What to do about an error, where its own message does not say it already. */
const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  'no-matching-key':
    'name a key that the envelope was sealed with: keywright inspect shows them, --key names one',
  'context-mismatch':
    'state the whole context it was sealed with, --context NAME=VALUE for each pair; --no-context for none',
  'policy-mismatch':
    'the keyring asks for more than this envelope offers: see its threshold and minThreshold',
  'authentication-failed':
    'give the same --associated-data and context as when it was sealed; otherwise it was altered',
  'malformed-envelope': 'this is no sealed file, or it was damaged',
  truncated: 'the end is missing: fetch the file again, or take it from a backup',
  'unsupported-version': 'update keywright',
  conflict: 'somebody else changes it at this moment: run it again',
  'storage-exists': '--force replaces it',
  'storage-denied': 'check the permissions of the file and of its folder',
  'storage-read-only': 'the file system is read-only: --out PATH puts the result elsewhere',
  'storage-full': 'make room, or put the result elsewhere with --out PATH',
  unknown: 'KEYWRIGHT_DEBUG=1 shows where it happened',
}

/** What consents to a step that a policy refused, by the option that the error names. */
const consents: Readonly<Record<string, string>> = {
  allowSharedDek: '--allow-shared-dek, if the new key may open all envelopes of this data key',
  acceptPublicKeyWrap:
    '--accept-public-key-wrap, or acceptPublicKeyWrap in the keyring, if that is what you want',
}

/**
 * One line that says what to do about an error.
 *
 * @param error any error of ours
 * @returns undefined where the message says it
 */
export function hintOf(error: KeywrightError): string | undefined {
  if (error.details.field?.startsWith('--') === true) return undefined
  // Only a target can be replaced: not a key.
  if (error.code === 'storage-exists' && error.details.field !== 'target') return undefined
  return consents[error.details.field ?? ''] ?? hints[error.code] ?? adviceOn(refusalOf(error))
}

/** Who refused; an error that names no provider may still name the key. */
function refusalOf({ code, details }: KeywrightError): Parameters<typeof adviceOn>[0] {
  const scheme = details.provider ?? /^[a-z][a-z0-9-]*(?=:)/.exec(details.key ?? '')?.[0] ?? ''
  return { code, scheme, operation: details.operation, key: details.key }
}
