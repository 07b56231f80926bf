// `npm test`: sets up, checks (types, lint, format, house rules), runs every suite, prints the budgets and the sum.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { launch, main } from './launch.mjs'
import { childEnvironment, root, setUp, workspaceFolders } from './setup.mjs'
import { defaultBudgetSeconds, joinedSuites, summary, wholeBudgetSeconds } from './summary.mjs'

const backends = join(root, 'tooling/backends/src/main.ts')
const help = `npm test [-- OPTION… PATH…]       sets up, checks the tree and runs the tests
  PATH        runs only the test files whose path contains it, and no checks
  --all       also what is for CI: *.ci.test.ts, with the servers that they call installed first
  --long      the tests that do not fit: *.long.test.ts (npm run test:long)
  --help

CI=true is --all. A server that cannot be had is a failure then; else it costs a line at the end.
A suite is a package's tests. Its budget stands in its package.json ("keywright": { "testBudgetSeconds": N },
else ${defaultBudgetSeconds}; "ciBudgetSeconds" with --all); over twice the budget is a failure.
So is a run of all (CI=true or --all, without a PATH) that takes longer than 20 minutes.`

const options = ['--all', '--long']

await main(async (args) => {
  if (args.includes('--help')) {
    console.log(help)
    return 0
  }
  const paths = args.filter((argument) => !options.includes(argument))
  const unknown = paths.find((path) => path.startsWith('-'))
  if (unknown !== undefined) throw new Error(`Unknown option ${unknown}.\n\n${help}`)
  const long = args.includes('--long')
  const all = !long && (args.includes('--all') || process.env.CI === 'true')

  const started = performance.now()
  const node = setUp('all')
  const scratch = mkdtempSync(join(tmpdir(), 'keywright-test-'))
  const missing = join(scratch, 'missing')
  const env = { KEYWRIGHT_MISSING: missing, KEYWRIGHT_BACKENDS: all ? 'required' : '' }
  const vitest = (choice) => tests(node, join(scratch, `${choice}.json`), choice, paths, env)
  try {
    const suites = []
    if (long) {
      suites.push(...(await vitest('long')))
    } else if (paths.length > 0) {
      suites.push(...(await vitest(all ? 'all' : 'everyday')))
    } else {
      // Servers are built while the checks and the everyday tests run, which do not call them.
      const servers = all ? launch(node, [backends, 'install', '--tier', '2']) : Promise.resolve(0)
      const go = all ? fetchedGo(node) : Promise.resolve('')
      suites.push(...(await checks(node, join(scratch, 'checks.json'))))
      // Test vectors of others come as a Go module.
      if ((await go) !== '') env.PATH = `${await go}${delimiter}${childEnvironment().PATH}`
      suites.push(...(await vitest('everyday')))
      await servers
      if (all) suites.push(...(await vitest('ci')))
    }
    // A part of the run may have waited for servers; the whole of it has not.
    const budgeted = !long && !(all && paths.length > 0)
    const total = summary(joinedSuites(suites), (name) => (budgeted ? budgetOf(name, all) : undefined), {
      seconds: (performance.now() - started) / 1000,
      budgetSeconds: wholeBudgetSeconds({ all, paths }),
    })
    console.log(`\n${total.lines.join('\n')}\n`)
    sayWhatIsMissing(missing)
    if (!long && !all && paths.length === 0) sayWhatElseThereIs(node)
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

// The folder of a Go that was fetched; empty where the machine has its own, or there is none to be had.
function fetchedGo(node) {
  const child = spawn(node, [backends, 'go'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve(printed.trim()))
  })
}

async function tests(node, file, choice, paths, more) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const env = { ...more, KEYWRIGHT_TESTS: choice, KEYWRIGHT_SUITES: file }
  const flags = choice === 'long' || choice === 'ci' ? ['--passWithNoTests'] : []
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

function budgetOf(name, all) {
  if (name === 'checks') return 45
  for (const folder of workspaceFolders()) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    if (manifest.name !== name) continue
    const { testBudgetSeconds, ciBudgetSeconds } = manifest.keywright ?? {}
    return (all ? ciBudgetSeconds : undefined) ?? testBudgetSeconds ?? defaultBudgetSeconds
  }
  return undefined
}

// Test files say here what they could not call; several may miss the same.
function sayWhatIsMissing(file) {
  if (!existsSync(file)) return
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  for (const line of new Set(lines)) console.log(line)
}

function sayWhatElseThereIs(node) {
  const list = spawnSync(node, [backends, 'list', '--json'], { cwd: root, encoding: 'utf8' })
  const servers = list.status === 0 ? JSON.parse(list.stdout) : []
  for (const { name, about, how } of servers.filter(({ tier }) => tier === 2))
    console.log(`not called: ${name}, ${about}: npm test -- --all${how === undefined ? '' : `; it ${how}`}`)
  const files = workspaceFolders()
    .map((folder) => join(root, folder, 'test'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }))
    .filter((file) => file.endsWith('.ci.test.ts'))
  if (files.length > 0) console.log(`not run: ${files.length} files *.ci.test.ts: npm test -- --all`)
}
