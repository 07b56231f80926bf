import { randomUUID } from 'node:crypto'
import type { HttpAnswer } from '../http-service.ts'

const headers = [
  ['Cache-Control', 'no-store'],
  ['Content-Type', 'application/json'],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
] as const

/** A refusal: the status and what stands in `errors`. */
export class VaultRefusal extends Error {
  readonly status: number
  readonly errors: readonly string[]

  constructor(status: number, ...errors: readonly string[]) {
    super(errors.join('; '))
    this.status = status
    this.errors = errors
  }
}

/** What a success carries beside its frame. */
export interface Outcome {
  readonly data?: object | undefined
  readonly auth?: object | undefined
  readonly warnings?: readonly string[] | undefined
  readonly mountType?: string | undefined
  /** Other than 200; 204 has no body. */
  readonly status?: number | undefined
}

/** A success as Vault frames it, its members in Vault's order. */
export function success({ data, auth, warnings, mountType = '', status = 200 }: Outcome): HttpAnswer {
  if (status === 204)
    return { status, headers: headers.filter(([name]) => name !== 'Content-Type'), body: '' }
  const frame = {
    request_id: randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: data === undefined ? null : sorted(data),
    wrap_info: null,
    warnings: warnings ?? null,
    auth: auth ?? null,
    mount_type: mountType,
  }
  return { status, headers, body: `${JSON.stringify(frame)}\n` }
}

/** A refusal as Vault frames it. */
export function refusal(error: VaultRefusal, retryAfterSeconds?: number): HttpAnswer {
  // What an engine did not foresee, Vault's core collects.
  const errors = error.status === 500 ? [collected(...error.errors)] : error.errors
  const more = retryAfterSeconds === undefined ? [] : ([['Retry-After', String(retryAfterSeconds)]] as const)
  return {
    status: error.status,
    headers: [...headers, ...more],
    body: `${JSON.stringify({ errors })}\n`,
    error: error.errors[0] ?? `status ${error.status}`,
  }
}

/** One or several errors in the words of the library that Vault collects them with. */
export function collected(...errors: readonly string[]): string {
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`
  return `${count} occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`
}

/** Go writes the members of a map in the order of their names. */
function sorted(data: object): object {
  return Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)))
}
