import { mistake } from './mistake.ts'

/** What the flags say about the context. */
export type ContextFlags =
  | { readonly kind: 'stated'; readonly context: Readonly<Record<string, string>> }
  | { readonly kind: 'left-out' }

/**
 * Adds one `NAME=VALUE` to those before it. The first `=` ends the name; an empty value is a value.
 *
 * @param text as written
 * @param before what earlier flags said; false after --no-context
 */
export function addPair(
  text: string,
  before: Readonly<Record<string, string>> | false | undefined,
): Readonly<Record<string, string>> {
  if (before === false) throw mistake('--context', 'give --context or --no-context, not both')
  const equals = text.indexOf('=')
  if (equals < 1) throw mistake('--context', '--context is written NAME=VALUE')
  const name = text.slice(0, equals)
  if (before !== undefined && Object.hasOwn(before, name)) {
    throw mistake('--context', `--context gives the name ${name} twice`)
  }
  return Object.fromEntries([...Object.entries(before ?? {}), [name, text.slice(equals + 1)]])
}

/** Adds a repeated flag's value to those before it. */
export function addValue(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/**
 * What a command's context flags say.
 *
 * @param context parsed pairs; false for --no-context; undefined where neither was given
 */
export function contextFlags(context: Readonly<Record<string, string>> | false | undefined): ContextFlags {
  if (context === undefined) return { kind: 'left-out' }
  return { kind: 'stated', context: context === false ? {} : context }
}
