import { VaultRefusal } from './vault-answers.ts'

/** The fields of a request: whatever JSON somebody sent. */
export type Fields = Readonly<Record<string, unknown>>

/** A text field; one that is missing is empty. */
export function text(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

/** A whole number, or its digits. */
export function integer(fields: Fields, name: string): number {
  const value = Number(fields[name] ?? 0)
  if (Number.isInteger(value)) return value
  throw new VaultRefusal(400, `Field validation failed: error converting input for field "${name}"`)
}

/** Whether something was sent under this name. */
export function has(fields: Fields, name: string): boolean {
  return fields[name] !== undefined && fields[name] !== null
}
