import { invalidValue, KmsError } from './kms-error.ts'

/** The members of a request, read with the service's checks. */
export class Members {
  readonly #values: Readonly<Record<string, unknown>>

  /** @throws KmsError `SerializationException` for a body that is no JSON object */
  constructor(body: Uint8Array) {
    let parsed: unknown
    try {
      parsed = body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString('utf8'))
    } catch {
      throw new KmsError('SerializationException')
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new KmsError('SerializationException')
    }
    this.#values = parsed as Record<string, unknown>
  }

  /** @throws KmsError `ValidationException` when it is missing */
  text(name: string): string {
    const value = this.optionalText(name)
    if (value !== undefined) return value
    throw invalidValue(`Value null at '${camel(name)}' failed to satisfy constraint: Member must not be null`)
  }

  optionalText(name: string): string | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string') return value
    throw new KmsError('SerializationException')
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** @throws KmsError `ValidationException` outside the bounds */
  integer(name: string, least: number, most: number): number | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'number' || !Number.isInteger(value)) throw new KmsError('SerializationException')
    const at = `Value '${value}' at '${camel(name)}' failed to satisfy constraint: Member must have value`
    if (value < least) throw invalidValue(`${at} greater than or equal to ${least}`)
    if (value > most) throw invalidValue(`${at} less than or equal to ${most}`)
    return value
  }

  /** Bytes in base64, at least one. */
  blob(name: string, most: number): Uint8Array {
    const text = this.text(name)
    const bytes = Buffer.from(text, 'base64')
    if (bytes.toString('base64') !== text) throw new KmsError('SerializationException')
    const at = `Value at '${camel(name)}' failed to satisfy constraint: Member must have length`
    if (bytes.length < 1) throw invalidValue(`${at} greater than or equal to 1`)
    if (bytes.length > most) throw invalidValue(`${at} less than or equal to ${most}`)
    return bytes
  }

  /** A map of texts; {} when it is missing. */
  map(name: string): Readonly<Record<string, string>> {
    const value = this.#values[name] ?? {}
    if (!isTextMap(value)) throw new KmsError('SerializationException')
    return value
  }

  /** Maps by name, as the constraints of a grant are. */
  maps(name: string): Readonly<Record<string, Readonly<Record<string, string>>>> | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'object' || !Object.values(value).every(isTextMap)) {
      throw new KmsError('SerializationException')
    }
    return value as Readonly<Record<string, Readonly<Record<string, string>>>>
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name] ?? []
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
    throw new KmsError('SerializationException')
  }
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((each) => typeof each === 'string')
}

/** The service names members in its messages with a small first letter. */
function camel(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}
