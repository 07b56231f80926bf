import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { wrapAuthenticityOf } from '../src/format/algorithms.ts'

/** Rows of the specification's registry: algorithm, scheme, who can make a slot. */
function registryRows(): readonly (readonly [string, string, string])[] {
  const text = readFileSync(new URL('../../../spec/envelope-v1.md', import.meta.url), 'utf8')
  const section = text.slice(text.indexOf('### 20.1'), text.indexOf('### 20.2'))
  return [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \|.*\| ([^|]+) \|$/gm)].map(
    ([, algorithm = '', scheme = '', maker = '']) => [algorithm, scheme.trim(), maker.trim()],
  )
}

test('every algorithm of the registry is known, with who can make its slots', () => {
  const rows = registryRows()
  expect(rows).toHaveLength(12)
  for (const [algorithm, scheme, maker] of rows) {
    const expected = maker === 'KEK holder' ? 'kek-holder' : 'public-key'
    expect([algorithm, wrapAuthenticityOf({ scheme, algorithm })]).toEqual([algorithm, expected])
  }
})

// KW-REG-2
test('an algorithm of another scheme, or one that nobody registered, is unknown', () => {
  expect(wrapAuthenticityOf({ scheme: 'pkcs11', algorithm: 'azure.a256kw' })).toBe('unknown')
  expect(wrapAuthenticityOf({ scheme: 'local', algorithm: 'local.later' })).toBe('unknown')
})
