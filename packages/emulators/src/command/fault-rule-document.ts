import type { Fault, FaultRule } from '../faults.ts'

/** A value that somebody sent is not what it must be; names the field. */
export class FieldError extends Error {
  readonly field: string
  /**
   * @param field its path, such as `fault.milliseconds`
   * @param must what it must be
   */
  constructor(field: string, must: string) {
    super(`${field} ${must}`)
    this.name = 'FieldError'
    this.field = field
  }
}

type Range = readonly [least: number, most: number, optional?: 'optional']

const bytes: Range = [0, 65_536]

/** The fields that each kind of fault has beside `kind`, and their bounds; a delay is ten minutes at most. */
const faultFields: Readonly<Record<Fault['kind'], Readonly<Record<string, Range>>>> = {
  latency: { milliseconds: [0, 600_000] },
  stall: {},
  reset: {},
  garbage: {},
  'half-answer': {},
  throttle: { retryAfterSeconds: [0, 86_400, 'optional'] },
  unavailable: {},
  unauthenticated: {},
  deny: {},
  nonsense: {},
  'leaky-error': {},
  'other-key': {},
  'other-version': {},
  'no-key-named': {},
  'no-version': {},
  'no-data-key': {},
  'data-key-length': { bytes },
  'wrapped-length': { bytes },
  'wrong-checksum': {},
  'checksum-unverified': {},
}

const mostOperations = 100
const mostText = 2_048

/** The kinds of fault that there are. */
export const faultKinds: readonly string[] = Object.keys(faultFields)

/**
 * Reads a fault rule from JSON that somebody sent.
 *
 * @throws FieldError for anything that is missing, unknown, of another type or out of bounds
 */
export function faultRule(document: Readonly<Record<string, unknown>>): FaultRule {
  const { fault, operations, key, times, ...rest } = document
  refuseUnknown(rest, '')
  if (times !== undefined && !isWhole(times, 1, Number.MAX_SAFE_INTEGER))
    throw new FieldError('times', 'must be a whole number from 1')
  if (key !== undefined && !isText(key)) throw new FieldError('key', 'must be a text')
  return { fault: readFault(fault), operations: readOperations(operations), key, times }
}

function readFault(fault: unknown): Fault {
  if (!isObject(fault)) throw new FieldError('fault', 'must be an object with a kind')
  const { kind, ...fields } = fault
  const known = typeof kind === 'string' && Object.hasOwn(faultFields, kind)
  if (!known) throw new FieldError('fault.kind', `must be one of ${faultKinds.join(', ')}`)
  const described = faultFields[kind as Fault['kind']]
  for (const [name, [least, most, optional]] of Object.entries(described)) {
    const value = fields[name]
    if (value === undefined && optional === 'optional') continue
    if (!isWhole(value, least, most))
      throw new FieldError(`fault.${name}`, `must be a whole number from ${least} to ${most}`)
  }
  const unknown = Object.keys(fields).find((name) => !Object.hasOwn(described, name))
  if (unknown !== undefined) throw new FieldError(`fault.${unknown}`, `is no field of ${String(kind)}`)
  return fault as Fault
}

function readOperations(operations: unknown): readonly string[] | undefined {
  if (operations === undefined) return undefined
  const fits = Array.isArray(operations) && operations.length <= mostOperations && operations.every(isText)
  if (!fits) throw new FieldError('operations', 'must be a list of names of operations')
  return operations as readonly string[]
}

/** @throws FieldError where there is any field in it */
export function refuseUnknown(rest: Readonly<Record<string, unknown>>, where: string): void {
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new FieldError(`${where}${unknown}`, 'is no field here')
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= mostText
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}
