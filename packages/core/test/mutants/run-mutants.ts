import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plugin } from 'vitest/config'
import { startVitest } from 'vitest/node'
import type { Change, Mutant } from './mutant.ts'

// A process of its own for the mutants.ci.test.ts of a package: argv holds the package's folder, with a slash at its end,
// and names of its mutants, or `none` for all of their tests on the code as it is. Each runs in a fresh Vitest whose
// loader changes the source; nothing on disk is touched. One line of JSON each.

const [folder = '', ...names] = process.argv.slice(2)
const { allMutants } = (await import(`${folder}test/mutants/all-mutants.ts`)) as {
  readonly allMutants: readonly Mutant[]
}

/** What the tests of one run did. */
export interface MutantRun {
  /** The mutant, or `none`. */
  readonly name: string
  /** Changes whose piece of source was not there exactly once. */
  readonly misplaced: readonly string[]
  /** Every test that ran, as `file > title`, with what became of it. */
  readonly tests: readonly { readonly name: string; readonly state: string }[]
  /** Files that failed before their first test. */
  readonly broken: number
}

/** The source of a file as it is changed. */
function changedSource(
  file: string,
  changes: readonly Change[],
): { source: string; misplaced: readonly string[] } {
  let source = readFileSync(`${folder}src/${file}`, 'utf8')
  const misplaced: string[] = []
  for (const { find, replace } of changes) {
    const parts = source.split(find)
    if (parts.length === 2) source = parts.join(replace)
    else misplaced.push(`${file}: ${parts.length - 1} times ${JSON.stringify(find)}`)
  }
  return { source, misplaced }
}

function changing(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'mutant',
    enforce: 'pre',
    load: (id) => files.get(id.split('?')[0] ?? id),
  }
}

function escaped(title: string): string {
  return title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

async function run(name: string, changes: readonly Change[], killers: readonly string[]): Promise<MutantRun> {
  const files = new Map<string, string>()
  const misplaced: string[] = []
  for (const file of new Set(changes.map((change) => change.file))) {
    const changed = changedSource(
      file,
      changes.filter((change) => change.file === file),
    )
    files.set(`${folder}src/${file}`, changed.source)
    misplaced.push(...changed.misplaced)
  }
  if (misplaced.length > 0) return { name, misplaced, tests: [], broken: 0 }
  const split = killers.map((killer) => killer.split(' > '))
  const vitest = await startVitest(
    'test',
    [...new Set(split.map(([file]) => `test/${file}`))],
    {
      config: false,
      root: folder,
      watch: false,
      reporters: [{}],
      passWithNoTests: true,
      testNamePattern: `^(${split.map(([, ...titles]) => titles.map(escaped).join('(?: | > )')).join('|')})$`,
      testTimeout: 10_000,
      maxWorkers: 1,
      // A cache of transformed modules would give one mutant the code of another.
      fsModuleCache: false,
    },
    {
      plugins: [changing(files)],
      clearScreen: false,
      cacheDir: join(tmpdir(), 'keywright-mutants'),
    },
  )
  const modules = vitest.state.getTestModules()
  const tests = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => ({
      name: `${module.moduleId.split('/').at(-1)} > ${test.fullName}`,
      state: test.result().state,
    })),
  )
  const broken = modules.filter((module) => module.errors().length > 0).length
  await vitest.close()
  return { name, misplaced, tests: tests.filter(({ state }) => state !== 'skipped'), broken }
}

for (const name of names) {
  const mutants = name === 'none' ? allMutants : allMutants.filter((mutant) => mutant.name === name)
  const changes = name === 'none' ? [] : mutants.flatMap((mutant) => mutant.changes)
  const result = await run(name, changes, [...new Set(mutants.map(({ killedBy }) => killedBy))])
  process.stdout.write(`@${JSON.stringify(result)}\n`)
}
process.exit(0)
