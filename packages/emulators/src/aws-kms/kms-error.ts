/** A refusal, as AWS KMS words it. */
export class KmsError extends Error {
  /** The service's name of it, such as `DisabledException`. */
  override readonly name: string
  readonly status: number
  /** The answer's member for the text; a tampered ciphertext has none, a missing permission another spelling. */
  readonly member: 'message' | 'Message' | undefined

  constructor(name: string, message?: string, status = 400) {
    super(message ?? '')
    this.name = name
    this.status = status
    this.member = message === undefined ? undefined : name === 'AccessDeniedException' ? 'Message' : 'message'
  }
}

/** Tampered, of another context, or nothing of KMS at all: one answer without a word. */
export const invalidCiphertext = (): KmsError => new KmsError('InvalidCiphertextException')

/** The key named is not the one that encrypted. */
export const incorrectKey = (): KmsError =>
  new KmsError(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  )

/** @param text what is wrong, after the number of mistakes that the service puts first */
export const invalidValue = (text: string): KmsError =>
  new KmsError('ValidationException', `1 validation error detected: ${text}`)
