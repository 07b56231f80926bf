import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkers } from './checkers.ts'
import { documents } from './documents.ts'
import { lint, type ToolResult, types } from './tools.ts'
import { findRoot, readTree } from './tree.ts'

const known = ['types', 'lint', ...checkers.map((checker) => checker.name), 'documents']
const help = `npm run check [-- OPTION… NAME…]       types, lint, format and house rules
  NAME         runs only these: ${known.join(', ')}
  --fix        lets the linter write what it can repair
  --json FILE  also writes the counts
  --help`

const args = process.argv.slice(2)
const root = findRoot()

if (args.includes('--help')) console.log(help)
else process.exitCode = await run(args)

async function run(given: string[]): Promise<number> {
  const started = performance.now()
  const json = given.includes('--json') ? given[given.indexOf('--json') + 1] : undefined
  const names = given.filter((name) => !name.startsWith('--') && name !== json)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    console.error(`There is no check named ${unknown}.\n\n${help}`)
    return 2
  }
  const wanted = (name: string): boolean => names.length === 0 || names.includes(name)

  let passed = 0
  let failed = 0
  const report = (name: string, result: ToolResult, ms: number): void => {
    if (result.ok) passed++
    else failed++
    console.log(`${result.ok ? '✓' : '✗'} ${name} (${ms.toFixed(0)} ms)`)
    if (result.output !== '') console.log(result.output)
  }
  const timed = async (name: string, body: () => ToolResult | Promise<ToolResult>): Promise<void> => {
    if (!wanted(name)) return
    const from = performance.now()
    const result = await body()
    report(name, result, performance.now() - from)
  }

  await timed('types', () => types(root))
  await timed('lint', () => lint(root, given.includes('--fix')))
  const tree = readTree(root)
  for (const checker of checkers) {
    await timed(checker.name, () => {
      const findings = checker.check(tree)
      return { ok: findings.length === 0, output: findings.map((finding) => `  ${finding}`).join('\n') }
    })
  }
  await timed('documents', () => documents(tree, join(root, 'tooling/checks/.fences')))
  const seconds = (performance.now() - started) / 1000
  if (json !== undefined)
    writeFileSync(json, JSON.stringify([{ name: 'checks', seconds, passed, failed, skipped: 0 }]))
  return failed === 0 ? 0 : 1
}
