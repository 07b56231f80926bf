import { resultMemory } from '../body/result-memory.ts'
import { sealedBodySize } from '../body/sizes.ts'
import { sealBody } from '../body/whole.ts'
import { KeywrightError } from '../errors.ts'
import { utf8 } from '../format/byte-strings.ts'
import { encodeHeader } from '../format/header.ts'
import { type SealOptions, type SealSession, startSeal } from './seal-session.ts'

/** An envelope in two parts: the header for a column or metadata, the body for the object. */
export interface DetachedEnvelope {
  readonly header: Uint8Array
  readonly body: Uint8Array
}

/**
 * Seals a plaintext into one compact envelope.
 *
 * @param plaintext bytes, or text (its UTF-8 bytes)
 * @param options the keyring, and what the envelope is bound to
 * @returns header and body in memory of their own; shared memory where plaintext is and `threads` are given
 * @throws KeywrightError `invalid-argument`, `limit-exceeded` or `configuration` before any call; else what a key
 * manager answered
 */
export async function seal(plaintext: Uint8Array | string, options: SealOptions): Promise<Uint8Array> {
  const bytes = plaintextBytes(plaintext)
  const started = startSeal(options, bytes.length)
  const session = started instanceof Promise ? await started : started
  try {
    const { compactHeader } = session
    const size = compactHeader.length + sealedBodySize(bytes.length)
    const envelope = resultMemory(size, bytes, options.threads)
    envelope.set(compactHeader)
    await sealInto(session, bytes, options, { output: envelope, offset: compactHeader.length })
    return envelope
  } finally {
    session.release()
  }
}

/**
 * Seals a plaintext into a header and a body that are stored apart.
 *
 * @param plaintext bytes, or text (its UTF-8 bytes)
 * @param options the keyring, and what the envelope is bound to
 * @throws KeywrightError as {@link seal}
 */
export async function sealDetached(
  plaintext: Uint8Array | string,
  options: SealOptions,
): Promise<DetachedEnvelope> {
  const bytes = plaintextBytes(plaintext)
  const session = await startSeal(options, bytes.length)
  try {
    const { preambleBytes, keyCheck, keyTableBytes } = session
    const header = encodeHeader({ layout: 'detached', blockShift: 0, preambleBytes, keyCheck }, keyTableBytes)
    return { header, body: await sealInto(session, bytes, options, undefined) }
  } finally {
    session.release()
  }
}

function sealInto(
  session: SealSession,
  plaintext: Uint8Array,
  options: SealOptions,
  into: { readonly output: Uint8Array; readonly offset: number } | undefined,
): Promise<Uint8Array> {
  return sealBody({
    key: session.dataKey.key,
    context: session.bodyContext,
    plaintext,
    into,
    engine: options.threads,
    signal: options.signal,
  })
}

function plaintextBytes(plaintext: Uint8Array | string): Uint8Array {
  if (plaintext instanceof Uint8Array) return plaintext
  if (typeof plaintext === 'string' && plaintext.isWellFormed()) return utf8(plaintext)
  const message = 'a plaintext is bytes, or well-formed text'
  throw new KeywrightError('invalid-argument', message, { field: 'plaintext' })
}
