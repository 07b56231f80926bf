import type { ErrorObject } from 'ajv'

/** A schema's complaint in words. */
export interface SchemaMistake {
  /** The member that is meant, inside the place that the complaint names. */
  readonly name: string | undefined
  readonly message: string
  readonly allowed: string | undefined
}

/** The part of a schema that says what may stand in a place. */
interface Rules {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly pattern?: string
}

const grammars: ReadonlyMap<string, string> = new Map([
  ['keyUri', 'SCHEME://NAME such as local://default, printable ASCII without spaces'],
])

/**
 * Says in words what a config file must not hold, and what it may.
 *
 * @param error of the validator, with the schema that it is about (`verbose`)
 */
export function describeMistake(error: ErrorObject): SchemaMistake {
  const { keyword, params, parentSchema, schemaPath } = error
  const rules = (parentSchema ?? {}) as Rules
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty'])
      const allowed = Object.keys(rules.properties ?? {}).filter((option) => option !== '$schema')
      return { name, message: `"${name}" is not known here`, allowed: allowed.join(', ') }
    }
    case 'required': {
      const name = String(params['missingProperty'])
      return { name: undefined, message: `"${name}" is missing`, allowed: undefined }
    }
    case 'type':
      return { name: undefined, message: 'this is of the wrong kind', allowed: named(String(params['type'])) }
    case 'pattern': {
      const name = error.propertyName
      if (name !== undefined) {
        return { name, message: `"${name}" is not a name that can stand here`, allowed: grammarOf(rules) }
      }
      const allowed = grammars.get(/definitions\/(\w+)\/pattern$/.exec(schemaPath)?.[1] ?? '')
      return {
        name: undefined,
        message: `${quoted(error.data)} is not a key URI`,
        allowed: allowed ?? grammarOf(rules),
      }
    }
    case 'uniqueItems':
      return { name: undefined, message: 'the same key is named twice', allowed: 'each key once' }
    case 'minimum':
    case 'maximum':
      return { name: undefined, message: `${quoted(error.data)} is out of range`, allowed: rangeOf(error) }
    default:
      return { name: undefined, message: `this ${error.message ?? 'is not allowed'}`, allowed: undefined }
  }
}

function named(type: string): string {
  const names: Readonly<Record<string, string>> = {
    object: '{ … }',
    array: '[ … ]',
    string: '"…"',
    integer: 'a whole number',
    boolean: 'true or false',
  }
  return names[type] ?? type
}

function grammarOf({ pattern }: Rules): string | undefined {
  return pattern === undefined ? undefined : `what matches ${pattern}`
}

function rangeOf({ parentSchema }: ErrorObject): string {
  const { minimum, maximum } = (parentSchema ?? {}) as { minimum?: number; maximum?: number }
  return `${minimum} to ${maximum}`
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
