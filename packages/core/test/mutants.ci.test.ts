import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { beforeAll, expect, test } from 'vitest'
import { allMutants } from './mutants/all-mutants.ts'
import type { MutantRun } from './mutants/run-mutants.ts'

const results = new Map<string, MutantRun>()

/** Runs some mutants in a process of their own, one after the other. */
async function runAll(names: readonly string[]): Promise<void> {
  const file = new URL('./mutants/run-mutants.ts', import.meta.url).pathname
  const core = new URL('../', import.meta.url).pathname
  const child = spawn(process.execPath, [file, core, ...names], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('@')) continue
    const run = JSON.parse(line.slice(1)) as MutantRun
    results.set(run.name, run)
  }
  if (child.exitCode === null) await once(child, 'exit')
}

beforeAll(async () => {
  const names = ['none', ...allMutants.map(({ name }) => name)]
  await Promise.all([
    runAll(names.filter((_, at) => at % 2 === 0)),
    runAll(names.filter((_, at) => at % 2 === 1)),
  ])
}, 180_000)

test('mutants have names of their own', () => {
  expect(new Set(allMutants.map(({ name }) => name)).size).toBe(allMutants.length)
  expect(allMutants.length).toBeGreaterThanOrEqual(20)
})

test('without a mutant every one of their tests passes', () => {
  const run = results.get('none')
  const killers = [...new Set(allMutants.map(({ killedBy }) => killedBy))].sort()
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
