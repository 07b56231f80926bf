import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { allMutants } from './mutants/all-mutants.ts'

/** What the tests of one run did, as the runner of core's mutants prints it. */
interface MutantRun {
  readonly name: string
  readonly misplaced: readonly string[]
  readonly tests: readonly { readonly name: string; readonly state: string }[]
  readonly broken: number
}

const results = new Map<string, MutantRun>()

beforeAll(async () => {
  const runner = fileURLToPath(new URL('../../core/test/mutants/run-mutants.ts', import.meta.url))
  const folder = fileURLToPath(new URL('../', import.meta.url))
  const names = ['none', ...allMutants.map(({ name }) => name)]
  const child = spawn(process.execPath, [runner, folder, ...names], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('@')) continue
    const run = JSON.parse(line.slice(1)) as MutantRun
    results.set(run.name, run)
  }
  if (child.exitCode === null) await once(child, 'exit')
}, 120_000)

test('without a mutant every one of their tests passes', () => {
  const killers = [...new Set(allMutants.map(({ killedBy }) => killedBy))].sort()
  const run = results.get('none')
  expect(run?.tests.filter(({ state }) => state !== 'passed')).toEqual([])
  expect(run?.tests.map(({ name }) => name).sort()).toEqual(killers)
})

for (const { name, killedBy } of allMutants) {
  test(`${name}: killed`, () => {
    expect(results.get(name)).toEqual({
      name,
      misplaced: [],
      tests: [{ name: killedBy, state: 'failed' }],
      broken: 0,
    })
  })
}
