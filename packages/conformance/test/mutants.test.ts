import { expect, test } from 'vitest'
import { conformanceCases } from '../src/cases/all-cases.ts'
import { memoryHarness } from '../src/memory/index.ts'
import { runCase } from '../src/run-case.ts'
import { mutants } from './mutants/all-mutants.ts'
import { mutantHarness, mutantOperations } from './mutants/mutant.ts'

for (const mutant of mutants) {
  test(`${mutant.caughtBy} catches the mutant that ${mutant.name}`, async () => {
    const [conformanceCase] = conformanceCases.filter(({ id }) => id === mutant.caughtBy)
    expect(conformanceCase).toBeDefined()
    if (conformanceCase === undefined) return
    // What catches the fault must not be there where nothing is broken.
    expect(await runCase(conformanceCase, memoryHarness(mutant.variant))).not.toMatchObject({
      result: 'fail',
    })
    const { result, reason } = await runCase(conformanceCase, mutantHarness(mutant), mutantOperations(mutant))
    expect({ result, reason }).toMatchObject({ result: 'fail' })
  })
}

test('every case has a mutant that it catches', () => {
  const caught = new Set(mutants.map(({ caughtBy }) => caughtBy))
  expect(conformanceCases.map(({ id }) => id).filter((id) => !caught.has(id))).toEqual([])
})

test('every mutant and every case has a name of its own', () => {
  const ids = conformanceCases.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})

test('at least 60 cases, at least half of them negative', () => {
  expect(conformanceCases.length).toBeGreaterThanOrEqual(60)
  const negative = conformanceCases.filter((one) => one.negative).length
  expect(negative * 2).toBeGreaterThanOrEqual(conformanceCases.length)
})
