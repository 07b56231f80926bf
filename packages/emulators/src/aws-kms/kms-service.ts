import type { Asked, Authorisation, AwsPrincipal } from './authorisation.ts'
import { KmsError } from './kms-error.ts'
import type { KmsKey, KmsState } from './kms-state.ts'
import type { Members } from './members.ts'

/** A request, read and authenticated. */
export interface KmsRequest {
  readonly operation: string
  readonly region: string
  readonly principal: AwsPrincipal
  readonly input: Members
  readonly now: Date
}

/** What operations work with. */
export interface KmsService {
  readonly state: KmsState
  readonly authorisation: Authorisation
}

/** The members of an answer; undefined where the service answers nothing. */
export type Output = Readonly<Record<string, unknown>> | undefined

/** One operation of the service. */
export type Operation = (service: KmsService, request: KmsRequest) => Output

/**
 * The key that a request names, once the principal may do this to it.
 *
 * @throws KmsError `NotFoundException` or `AccessDeniedException`
 */
export function allowedKey(
  service: KmsService,
  request: KmsRequest,
  name: string = request.input.text('KeyId'),
  asked: Partial<Asked> = {},
): KmsKey {
  const key = service.state.resolve(name, request.region, request.now)
  const alias = /(?:^|:)(alias\/.+)$/.exec(name)?.[1]
  const values = { ...asked.values, ...(alias === undefined ? {} : { 'kms:requestalias': alias }) }
  service.authorisation.check(request.principal, { action: request.operation, ...asked, key, values })
  return key
}

/**
 * Refuses a key that can neither encrypt nor decrypt at the moment.
 *
 * @throws KmsError `DisabledException` or `KMSInvalidStateException`
 */
export function refuseUnusable({ arn, state }: KmsKey): void {
  if (state === 'Disabled') throw new KmsError('DisabledException', `${arn} is disabled.`)
  if (state === 'PendingDeletion')
    throw new KmsError('KMSInvalidStateException', `${arn} is pending deletion.`)
  if (state === 'PendingImport') throw new KmsError('KMSInvalidStateException', `${arn} is pending import.`)
}

/** Seconds since 1970, as the service writes times. */
export function seconds(ms: number): number {
  return ms / 1000
}
