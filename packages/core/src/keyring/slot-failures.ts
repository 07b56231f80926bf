import { type ErrorCode, KeywrightError, type SlotFailure } from '../errors.ts'

/**
 * One error for an envelope that no KEK opened: its code is the first that a later try may cure, else the first.
 *
 * @param failures what each KEK or slot answered, at least one
 */
export function failureOfAll(failures: readonly SlotFailure[]): KeywrightError {
  const codes: readonly ErrorCode[] = failures.map(({ code }) => code)
  const curable = codes.find((code) => new KeywrightError(code, '').retry !== 'never')
  const answers = failures.map(({ key, code }) => `${key}: ${code}`).join('; ')
  return new KeywrightError(
    curable ?? codes[0] ?? 'no-matching-key',
    `no slot could be opened (${answers})`,
    {
      slots: failures,
    },
  )
}
