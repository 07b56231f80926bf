import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { methods } from '../src/gcp-kms/methods.ts'
import { commonMessages, enumerations, messages, servicePackage } from '../src/gcp-kms/wire-description.ts'

interface Described {
  readonly nested?: Readonly<Record<string, Described>>
  readonly fields?: Readonly<Record<string, Field>>
  readonly values?: Readonly<Record<string, number>>
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>
}

interface Field {
  readonly type: string
  readonly id: number
  readonly rule?: string
  readonly keyType?: string
}

/** The definitions that Google's own clients carry: of the service in its client, of errors in the client's base. */
function definitions(name: string, file: string): Described {
  const fromClient = createRequire(createRequire(import.meta.url).resolve(name))
  return JSON.parse(readFileSync(fromClient.resolve(file), 'utf8')) as Described
}

const service = definitions('@google-cloud/kms', '../protos/protos.json')
const errors = definitions('google-gax', '../protos/status.json')
const iam = definitions('google-gax', '../protos/iam_service.json')

function lookedUp(name: string): Described {
  let found: Described | undefined
  for (const root of [service, errors, iam]) {
    found ??= name.split('.').reduce<Described | undefined>((at, part) => at?.nested?.[part], root)
  }
  if (found === undefined) throw new Error(`no definition of ${name}`)
  return found
}

/** A type as a field of this message names it, looked for from the inside out. */
function fullType(type: string, message: string): string {
  if (!/[A-Z]/.test(type) || type.startsWith('google.')) return type
  const scope = message.split('.')
  for (let length = scope.length; length > 0; length--) {
    const candidate = [...scope.slice(0, length), type].join('.')
    try {
      lookedUp(candidate)
      return candidate
    } catch {
      // one level further out
    }
  }
  throw new Error(`no definition of ${type}`)
}

const own = (name: string): string => (name.startsWith('google.') ? name : `${servicePackage}.${name}`)

test.each(Object.entries({ ...messages, ...commonMessages }))(
  "message %s has the numbers and types of Google's own definition",
  (name, fields) => {
    const { fields: defined = {} } = lookedUp(own(name))
    for (const [field, [type, number, rule]] of Object.entries(fields)) {
      const known = defined[field]
      const text = known?.keyType === undefined ? known?.type : `map<${known.keyType},${known.type}>`
      const expected = [number, rule, /^map</.test(type) || !/[A-Z]/.test(type) ? type : own(type)]
      const resolved = text?.startsWith('map<') ? text : fullType(text ?? '', own(name))
      expect([known?.id, known?.rule, resolved], `${name}.${field}`).toEqual(expected)
    }
  },
)

test.each(Object.entries(enumerations))(
  "enumeration %s has the numbers of Google's own definition",
  (name, values) => {
    expect(lookedUp(own(name)).values).toMatchObject(values)
  },
)

test.each([...methods])('method %s takes and gives the messages of the definition', (name, method) => {
  const defined = lookedUp(method.service).methods?.[name]
  const local = (message: string): string => message.slice(message.lastIndexOf('.') + 1)
  expect(defined).toMatchObject({ requestType: local(method.request), responseType: local(method.response) })
})
