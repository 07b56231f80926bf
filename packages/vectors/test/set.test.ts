import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allVectors } from '../generate/all.ts'
import { withWorkedExample, workedExample } from '../generate/worked-example.ts'

const specification = readFileSync(new URL('../../../spec/envelope-v1.md', import.meta.url), 'utf8')
const vectors = allVectors()

/** The codes of the table in section 19. */
const codes = new Set(
  [...specification.matchAll(/^\| `([a-z-]+)` \| .+ \|$/gm)].map((match) => match[1] ?? ''),
)

test('the worked example of the specification is what the generator makes of compact-basic', () => {
  const example = vectors.find((vector) => vector.id === 'compact-basic')
  expect(example?.kind).toBe('envelope')
  if (example?.kind !== 'envelope') return
  expect(withWorkedExample(specification, workedExample(example))).toBe(specification)
})

test('every invalid vector expects a code that the specification documents', () => {
  expect(codes.size).toBeGreaterThanOrEqual(11)
  const unknown = vectors.filter(
    (vector) =>
      'expected' in vector && vector.expected.result === 'invalid' && !codes.has(vector.expected.code),
  )
  expect(unknown.map((vector) => vector.id)).toEqual([])
})

test('every requirement that a vector names stands in the specification once', () => {
  const defined = [...specification.matchAll(/^- \*\*(KW-[A-Z]+-\d+)\*\*:/gm)].map((match) => match[1])
  expect(new Set(defined).size).toBe(defined.length)
  const named = new Set(vectors.flatMap((vector) => vector.requirements))
  expect([...named].filter((id) => !defined.includes(id))).toEqual([])
})

test('ids are unique and can be file names', () => {
  const ids = vectors.map((vector) => vector.id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !/^[a-z0-9-]+$/.test(id))).toEqual([])
})

test('the set holds at least 120 vectors, a third of them invalid', () => {
  const invalid = vectors.filter((vector) => 'expected' in vector && vector.expected.result === 'invalid')
  expect(vectors.length).toBeGreaterThanOrEqual(120)
  expect(invalid.length * 3).toBeGreaterThanOrEqual(vectors.length)
})

test('contexts that differ have commitments that differ', () => {
  const commitment = (id: string): string => {
    const vector = vectors.find((one) => one.id === id)
    return vector?.kind === 'envelope' && vector.expected.result === 'valid' ? vector.expected.commitment : id
  }
  const ids = ['context-empty', 'context-ab-c', 'context-a-bc', 'context-empty-value', 'context-no-such-name']
  expect(new Set(ids.map(commitment)).size).toBe(ids.length)
})
