/** A refusal by the service, before it is put into words of a flavour. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly status: number
  readonly code: string
  readonly innerCode: string | undefined

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message)
    this.status = status
    this.code = code
    this.innerCode = innerCode
  }
}

/** A request that makes no sense to the service. */
export function badParameter(message: string): ServiceError {
  return new ServiceError(400, 'BadParameter', message)
}

/** The text of a vault for a ciphertext that RSA-OAEP-256 does not decrypt, and for other parameters it dislikes. */
export const incorrectParameter = 'The parameter is incorrect.\r\n'
