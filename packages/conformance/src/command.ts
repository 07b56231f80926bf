#!/usr/bin/env node
import { existsSync, globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { ConformanceHarness } from './harness.ts'
import {
  capabilitySheet,
  type ProviderReport,
  readCapabilities,
  resultCount,
  resultTable,
  runConformance,
} from './report.ts'

const help = `keywright-conformance [--provider NAME]… [--module PATH]… [--json FILE]

Puts key providers through the conformance suite and prints what each declares and what it did.

  --provider NAME   only this provider; may be repeated
  --module PATH     a module that exports \`harness\`, or several as \`harnesses\`; may be repeated.
                    Without it, in a Keywright workspace: packages/providers/*/conformance/harness.ts
  --json FILE       also write the report as JSON
  --help            this text

Ends with 0 when nothing failed, 1 when a case failed, 2 when there was nothing to run or an option is wrong.
`

/** A mistake in how the command was called. */
class UsageError extends Error {}

/** The harness modules of the workspace that the caller stands in. */
function workspaceModules(): readonly string[] {
  let folder = process.cwd()
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    if (dirname(folder) === folder)
      throw new UsageError('not in a Keywright workspace: name a module with --module')
    folder = dirname(folder)
  }
  return globSync('packages/providers/*/conformance/harness.ts', { cwd: folder })
    .sort()
    .map((path) => join(folder, path))
}

/** What a harness module exports, checked as far as the command relies on it. */
async function harnessesOf(path: string): Promise<readonly ConformanceHarness[]> {
  if (!existsSync(path)) throw new UsageError(`${path} does not exist`)
  const module: { harness?: ConformanceHarness; harnesses?: readonly ConformanceHarness[] } = await import(
    pathToFileURL(path).href
  )
  const harnesses = module.harnesses ?? (module.harness === undefined ? [] : [module.harness])
  if (harnesses.length === 0) throw new UsageError(`${path} exports neither "harness" nor "harnesses"`)
  return harnesses
}

async function report(harness: ConformanceHarness): Promise<ProviderReport> {
  console.log(`\n${harness.provider} on ${harness.backend}`)
  console.log(capabilitySheet(await readCapabilities(harness)))
  const result = await runConformance(harness)
  console.log(`\n${resultTable(result.cases)}\n\n${harness.provider}: ${resultCount(result.cases)}`)
  return result
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      provider: { type: 'string', multiple: true },
      module: { type: 'string', multiple: true },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const paths = values.module?.map((path) => resolve(path)) ?? workspaceModules()
  const found: ConformanceHarness[] = []
  for (const path of paths) found.push(...(await harnessesOf(path)))
  const chosen = found.filter(({ provider }) => values.provider?.includes(provider) ?? true)
  if (chosen.length === 0) {
    const names = found.map(({ provider }) => provider).join(', ')
    throw new UsageError(`no such provider; there is ${names || 'none'}`)
  }
  const providers: ProviderReport[] = []
  for (const harness of chosen) providers.push(await report(harness))
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ providers }, null, 2)}\n`)
  return providers.some(({ cases }) => cases.some(({ result }) => result === 'fail')) ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof TypeError && 'code' in error)
  if (!usage) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
