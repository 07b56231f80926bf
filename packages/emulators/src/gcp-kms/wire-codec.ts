import protobuf from 'protobufjs/light.js'
import {
  commonMessages,
  enumerations,
  type FieldDescription,
  messages,
  servicePackage,
} from './wire-description.ts'

const root = describedRoot()
const types = new Map<string, protobuf.Type>()

/**
 * Writes a message.
 *
 * @param name of the service's own messages the plain name, of common ones the full name
 * @param value members by their names in camel case; 64-bit numbers as decimal text, enumerations by name
 */
export function encode(name: string, value: object): Uint8Array {
  const type = lookedUp(name)
  return type.encode(type.fromObject(value)).finish()
}

/**
 * Reads a message. Members that are absent have their default; absent messages are null.
 *
 * @throws Error for bytes that are no such message
 */
export function decode(name: string, bytes: Uint8Array): unknown {
  const type = lookedUp(name)
  return type.toObject(type.decode(bytes), {
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
    objects: true,
  })
}

function lookedUp(name: string): protobuf.Type {
  const known = types.get(name)
  if (known !== undefined) return known
  const type = root.lookupType(fullName(name))
  types.set(name, type)
  return type
}

function fullName(name: string): string {
  return name.startsWith('google.') ? name : `${servicePackage}.${name}`
}

function describedRoot(): protobuf.Root {
  const described = new protobuf.Root()
  const add = (name: string, member: protobuf.ReflectionObject): void => {
    const path = fullName(name).split('.')
    described.define(path.slice(0, -1)).add(member)
  }
  const localName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
  // Outer messages first: a message that is defined holds what is nested in it.
  for (const [name, fields] of Object.entries({ ...commonMessages, ...messages })) {
    const type = new protobuf.Type(localName(name))
    for (const [field, description] of Object.entries(fields)) type.add(describedField(field, description))
    add(name, type)
  }
  for (const [name, values] of Object.entries(enumerations)) {
    add(name, new protobuf.Enum(localName(name), values))
  }
  described.resolveAll()
  return described
}

function describedField(name: string, [type, number, rule]: FieldDescription): protobuf.ReflectionObject {
  if (type === 'map<string,string>') return new protobuf.MapField(name, number, 'string', 'string')
  const own = type.includes('.') ? fullName(type) : type
  return new protobuf.Field(name, number, own, rule)
}
