import { KeywrightError } from '@keywright/core/provider'
import { type TryLimit, withinTry } from './client/one-try.ts'
import { answerOf, textOf } from './client/vault-failure.ts'

/** Calls of one key, as the proofs need them. */
export interface ProvableCalls {
  readonly encrypt: (body: object, signal: AbortSignal) => Promise<unknown>
  readonly decrypt: (body: object, signal: AbortSignal) => Promise<Uint8Array>
}

/** Proofs that a Vault binds associated data, each made once for all who need it, and again after it failed. */
export interface BindingProofs {
  readonly ofEncrypt: () => Promise<void>
  /** Takes what was unwrapped with its associated data: with other, which differs in every bit, it must not unwrap. */
  readonly ofDecrypt: (ciphertext: string, digest: Uint8Array) => Promise<void>
}

/**
 * Proofs for one connected KEK. Both throw `unsupported` for a server that drops associated data.
 *
 * @param limit of each try at a proof: one that gets no answer must not hold up the calls that come after it
 */
export function bindingProofs({ encrypt, decrypt }: ProvableCalls, limit: TryLimit): BindingProofs {
  return {
    // A server that knows the field refuses an object where text is due; one older than Vault 1.13 passes over it.
    ofEncrypt: once(limit, async (signal) => {
      const body = { plaintext: '', associated_data: {} }
      if (!(await isRefused(encrypt(body, signal), /associated_data|invalid request/))) throw ignored()
    }),
    ofDecrypt: once(limit, async (signal, ciphertext: string, digest: Uint8Array) => {
      const other = Buffer.from(digest.map((byte) => byte ^ 0xff)).toString('base64')
      const call = decrypt({ ciphertext, associated_data: other }, signal)
      const opened = call.then((dataKey) => dataKey.fill(0))
      if (!(await isRefused(opened, /message authentication failed/))) throw ignored()
    }),
  }
}

function once<A extends unknown[]>(
  limit: TryLimit,
  prove: (signal: AbortSignal, ...given: A) => Promise<void>,
): (...given: A) => Promise<void> {
  let proof: Promise<void> | undefined
  return (...given) => {
    proof ??= withinTry(limit, (signal) => prove(signal, ...given)).catch((error: unknown) => {
      proof = undefined
      throw error
    })
    return proof
  }
}

/** Whether Vault refuses a call for this reason; any other failure is one of the proof. */
async function isRefused(call: Promise<unknown>, reason: RegExp): Promise<boolean> {
  try {
    await call
    return false
  } catch (error) {
    const answer = answerOf(error)
    if (answer !== undefined && reason.test(textOf(answer))) return true
    throw error
  }
}

function ignored(): KeywrightError {
  const message =
    'this Vault drops associated data, so that nothing is bound: take a derived key, or Vault 1.13'
  return new KeywrightError('unsupported', message, { field: 'key' })
}
