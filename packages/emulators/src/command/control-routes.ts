import type { AnsweredCall } from '../call-log.ts'
import type { FaultRule } from '../faults.ts'
import type { KeyAction } from './administration.ts'
import { FieldError, faultRule, isObject, isText, refuseUnknown } from './fault-rule-document.ts'
import type { MovableClock } from './movable-clock.ts'
import { environmentOf, type Service } from './service.ts'

/** A request of the control endpoint. */
export interface ControlRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** As JSON; undefined without a body. */
  readonly body: unknown
}

/** Its answer; no document: no body. */
export interface ControlAnswer {
  readonly status: number
  readonly document?: unknown
}

type Route = (
  services: readonly Service[],
  request: ControlRequest,
  clock: MovableClock,
) => ControlAnswer | Promise<ControlAnswer>

const done: ControlAnswer = { status: 204 }

const routes: Readonly<Record<string, Route>> = {
  'GET /environment': (services) => ({ status: 200, document: environmentOf(services) }),
  'GET /faults': (services, request) => ({
    status: 200,
    document: perService(asked(services, request), ({ emulator }) => emulator.faults.rules),
  }),
  'POST /faults': addFault,
  'DELETE /faults': (services, request) => {
    for (const { emulator } of asked(services, request)) emulator.faults.clear()
    return done
  },
  'GET /calls': (services, request) => ({
    status: 200,
    document: perService(asked(services, request), ({ emulator }) => ({
      count: emulator.calls.count(),
      operations: emulator.calls.operations(),
      latest: emulator.calls.latest,
    })),
  }),
  'DELETE /calls': (services, request) => {
    for (const { emulator } of asked(services, request)) emulator.calls.clear()
    return done
  },
  'POST /grants': limitGrants,
  'DELETE /grants': (services, { body }) => {
    const { service, principal } = document(services, body, ['principal'])
    service.emulator.grants.release(text('principal', principal))
    return done
  },
  'POST /keys': actOnKey,
  'POST /state': setState,
  'POST /clock': moveClock,
}

/**
 * Answers a request of the control endpoint.
 *
 * @throws FieldError for a field that is wrong
 * @throws AdministrationError when a service refuses what its operator asks for
 */
export async function answerControl(
  services: readonly Service[],
  request: ControlRequest,
  clock: MovableClock,
): Promise<ControlAnswer> {
  const route = routes[`${request.method} ${request.path}`]
  if (route !== undefined) return route(services, request, clock)
  const message = `there is ${Object.keys(routes).join(', ')}`
  return { status: 404, document: { error: { message } } }
}

function addFault(services: readonly Service[], { body }: ControlRequest): ControlAnswer {
  const { service, ...rest } = document(services, body)
  const rule: FaultRule = faultRule(rest)
  service.emulator.faults.add(rule)
  return { status: 201, document: { service: service.name, ...rule } }
}

function limitGrants(services: readonly Service[], { body }: ControlRequest): ControlAnswer {
  const { service, principal, operations } = document(services, body, ['principal', 'operations'])
  if (!Array.isArray(operations) || !operations.every(isText))
    throw new FieldError('operations', 'must be a list of names of operations')
  service.emulator.grants.limit(text('principal', principal), operations)
  return done
}

async function actOnKey(services: readonly Service[], { body }: ControlRequest): Promise<ControlAnswer> {
  const { service, action, key = service.key } = document(services, body, ['action', 'key'])
  const { actions } = service.administration
  const act = isText(action) && Object.hasOwn(actions, action) ? actions[action as KeyAction] : undefined
  if (act === undefined) throw new FieldError('action', `must be one of ${Object.keys(actions).join(', ')}`)
  await act(text('key', key))
  return done
}

function setState(services: readonly Service[], { body }: ControlRequest): ControlAnswer {
  const { service, state } = document(services, body, ['state'])
  const { states = {} } = service.administration
  const enter = isText(state) && Object.hasOwn(states, state) ? states[state] : undefined
  if (enter === undefined) {
    const known = Object.keys(states)
    throw new FieldError(
      'state',
      known.length === 0 ? 'is nothing that this service has' : `must be one of ${known.join(', ')}`,
    )
  }
  enter()
  return done
}

/** Ten years: longer than any schedule of a service. */
const mostSeconds = 315_360_000

function moveClock(_: readonly Service[], { body }: ControlRequest, clock: MovableClock): ControlAnswer {
  if (!isObject(body)) throw new FieldError('body', 'must be a JSON object')
  const { seconds, ...rest } = body
  refuseUnknown(rest, '')
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > mostSeconds) {
    throw new FieldError('seconds', `must be a whole number from 1 to ${mostSeconds}`)
  }
  clock.advance(seconds)
  return done
}

/** The fields of a body with the service that it names; with `fields`, no others may be there. */
function document(services: readonly Service[], body: unknown, fields?: readonly string[]) {
  if (!isObject(body)) throw new FieldError('body', 'must be a JSON object')
  const { service: name, ...rest } = body
  if (fields !== undefined)
    refuseUnknown(Object.fromEntries(Object.entries(rest).filter(([field]) => !fields.includes(field))), '')
  return { ...rest, service: named(services, name) } as Record<string, unknown> & { service: Service }
}

function named(services: readonly Service[], name: unknown): Service {
  const service = services.find((one) => one.name === name)
  if (service === undefined)
    throw new FieldError('service', `must be one of ${services.map((one) => one.name).join(', ')}`)
  return service
}

/** The services that a request is about: the one that its query names, else all. */
function asked(services: readonly Service[], { query }: ControlRequest): readonly Service[] {
  const name = query.get('service')
  return name === null ? services : [named(services, name)]
}

function perService<Value>(
  services: readonly Service[],
  value: (service: Service) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(services.map((service) => [service.name, value(service)]))
}

function text(field: string, value: unknown): string {
  if (!isText(value)) throw new FieldError(field, 'must be a text')
  return value
}

/** A call as one line, for whoever watches. */
export function callLine(service: string, { operation, key, status, error }: AnsweredCall): string {
  return [service, operation, key, status, error]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
}
