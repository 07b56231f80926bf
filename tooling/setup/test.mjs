// `npm test`: sets up, checks (types, lint, format, house rules), runs every suite, prints the budgets and the sum.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { launch, main } from './launch.mjs'
import { root, setUp, workspaceFolders } from './setup.mjs'
import { defaultBudgetSeconds, summary } from './summary.mjs'

const help = `npm test [-- OPTION… PATH…]       sets up, checks the tree and runs the tests
  PATH        runs only the test files whose path contains it, and no checks
  --long      the tests that do not fit: *.long.test.ts (npm run test:long)
  --help

Under CI=true it also runs what is for CI alone: *.ci.test.ts.
A suite is a package's tests. Its budget stands in its package.json ("keywright": { "testBudgetSeconds": N },
else ${defaultBudgetSeconds}; "ciBudgetSeconds" under CI=true); over twice the budget is a failure.`

const ci = process.env.CI === 'true'

await main(async (args) => {
  if (args.includes('--help')) {
    console.log(help)
    return 0
  }
  const long = args.includes('--long')
  const paths = args.filter((argument) => argument !== '--long')
  const unknown = paths.find((path) => path.startsWith('-'))
  if (unknown !== undefined) throw new Error(`Unknown option ${unknown}.\n\n${help}`)

  const started = performance.now()
  const node = setUp('all')
  const scratch = mkdtempSync(join(tmpdir(), 'keywright-test-'))
  try {
    const suites = []
    if (!long && paths.length === 0) suites.push(...(await checks(node, join(scratch, 'checks.json'))))
    suites.push(...(await tests(node, join(scratch, 'suites.json'), long, paths)))
    const total = summary(suites, long ? () => undefined : budgetOf)
    console.log(`\n${total.lines.join('\n')}\n`)
    if (!long && !ci) sayWhatOnlyCiRuns()
    console.log(`${((performance.now() - started) / 1000).toFixed(0)} s in all`)
    console.log(`${total.passed} passed, ${total.failed} failed`)
    return total.failed === 0 ? 0 : 1
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})

async function checks(node, file) {
  const code = await launch(node, [join(root, 'tooling/checks/src/main.ts'), '--json', file])
  return results(file, 'checks', code)
}

async function tests(node, file, long, paths) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const choice = long ? 'long' : ci ? 'ci' : 'everyday'
  const env = { KEYWRIGHT_TESTS: choice, KEYWRIGHT_SUITES: file }
  const flags = long ? ['--passWithNoTests'] : []
  const code = await launch(node, [vitest, 'run', ...flags, ...paths], { env })
  return results(file, 'vitest', code)
}

// A process that failed without counting a failure, or before it wrote its results, is one failure of its own.
function results(file, name, code) {
  const suites = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  if (code !== 0 && suites.every((suite) => suite.failed === 0)) {
    suites.push({ name: `${name} (exit code ${code})`, seconds: 0, passed: 0, failed: 1, skipped: 0 })
  }
  return suites
}

function budgetOf(name) {
  if (name === 'checks') return 30
  for (const folder of workspaceFolders()) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    if (manifest.name !== name) continue
    const { testBudgetSeconds, ciBudgetSeconds } = manifest.keywright ?? {}
    return (ci ? ciBudgetSeconds : undefined) ?? testBudgetSeconds ?? defaultBudgetSeconds
  }
  return undefined
}

function sayWhatOnlyCiRuns() {
  const folders = workspaceFolders().map((folder) => join(folder, 'test'))
  const files = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.ci.test.ts'))
  if (files.length > 0) console.log(`only under CI=true: ${files.join(', ')}`)
}
