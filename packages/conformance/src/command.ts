#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import {
  type CapabilityEntry,
  capabilityEntry,
  capabilityTable,
  describedHarnesses,
  withCapabilityTable,
} from './capability-sheet.ts'
import type { ConformanceHarness } from './harness.ts'
import { loadModule, missingLine, UsageError, workspaceModules } from './harness-modules.ts'
import {
  capabilitySheet,
  type ProviderReport,
  readCapabilities,
  resultCount,
  resultTable,
  runConformance,
} from './report.ts'

const help = `keywright-conformance [--provider NAME]… [--module PATH]… [--json FILE] [--sheet FILE]

Puts key providers through the conformance suite and prints what each declares and what it did.

  --provider NAME   only this provider; may be repeated
  --module PATH     a module that exports \`harness\`, or several as \`harnesses\`; may be repeated.
                    Without it, in a Keywright workspace: packages/providers/*/conformance/harness.ts
                    and harness-*.ts
  --json FILE       also write the report as JSON
  --sheet FILE      write what they declare, as JSON where FILE ends in .json, else as a Markdown table,
                    in place of the one between its marks; run no case. Harnesses that say what the
                    log shows stand for the others of their provider
  --help            this text

A module whose backend cannot be had on this machine is passed by, with one line that says how to get it; under CI=true
it is a failure. Ends with 0 when nothing failed, 1 when a case failed, 2 when there was nothing to run or an option is
wrong.
`

interface Values {
  readonly provider?: readonly string[] | undefined
  readonly module?: readonly string[] | undefined
}

/** The harnesses to work on, and how many modules lack their backend. */
interface Chosen {
  readonly harnesses: readonly ConformanceHarness[]
  readonly missing: number
}

async function choose({ provider, module }: Values): Promise<Chosen> {
  const paths = module?.map((path) => resolve(path)) ?? workspaceModules(process.cwd())
  const found: ConformanceHarness[] = []
  let missing = 0
  for (const path of paths) {
    const loaded = await loadModule(path)
    if ('harnesses' in loaded) found.push(...loaded.harnesses)
    else {
      missing++
      console.error(`${loaded.missing.path}: not run, ${loaded.missing.line}`)
    }
  }
  const harnesses = found.filter((harness) => provider?.includes(harness.provider) ?? true)
  if (harnesses.length > 0) return { harnesses, missing }
  const names = [...new Set(found.map((harness) => harness.provider))].join(', ')
  throw new UsageError(`no such provider; there is ${names || 'none'}`)
}

async function report(harness: ConformanceHarness): Promise<ProviderReport> {
  console.log(`\n${harness.provider} on ${harness.backend}`)
  console.log(capabilitySheet(await readCapabilities(harness)))
  const result = await runConformance(harness)
  console.log(`\n${resultTable(result.cases)}\n\n${harness.provider}: ${resultCount(result.cases)}`)
  return result
}

/** Does something with each harness, and tells of those whose backend turns out to be missing. */
async function forEach<T>(
  { harnesses, missing }: Chosen,
  work: (harness: ConformanceHarness) => Promise<T>,
): Promise<{ readonly done: readonly T[]; readonly missing: number; readonly broken: number }> {
  const done: T[] = []
  let [more, broken] = [missing, 0]
  for (const harness of harnesses) {
    try {
      done.push(await work(harness))
    } catch (error) {
      const line = missingLine(error)
      if (line === undefined) broken++
      else more++
      console.error(`${harness.provider} on ${harness.backend}: not run, ${line ?? nameOf(error)}`)
    }
  }
  return { done, missing: more, broken }
}

/** Class and code alone: a stranger's message may hold a secret. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no Error was thrown'
  return 'code' in error && typeof error.code === 'string' ? `${error.name} (${error.code})` : error.name
}

async function writeSheet(chosen: Chosen, file: string): Promise<number> {
  const harnesses = describedHarnesses(chosen.harnesses)
  const { done, missing, broken } = await forEach({ ...chosen, harnesses }, capabilityEntry)
  await writeFile(file, await sheetText(done, file))
  return broken > 0 ? 1 : missingIsFailure(missing)
}

function missingIsFailure(missing: number): number {
  return missing > 0 && process.env['CI'] === 'true' ? 1 : 0
}

async function sheetText(entries: readonly CapabilityEntry[], file: string): Promise<string> {
  if (file.endsWith('.json')) return `${JSON.stringify({ providers: entries }, null, 2)}\n`
  const document = existsSync(file) ? await readFile(file, 'utf8') : ''
  return withCapabilityTable(document, capabilityTable(entries))
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      provider: { type: 'string', multiple: true },
      module: { type: 'string', multiple: true },
      json: { type: 'string' },
      sheet: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const chosen = await choose(values)
  if (values.sheet !== undefined) return writeSheet(chosen, values.sheet)
  const { done: providers, missing, broken } = await forEach(chosen, report)
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ providers }, null, 2)}\n`)
  const failed = providers.some(({ cases }) => cases.some(({ result }) => result === 'fail'))
  return failed || broken > 0 ? 1 : missingIsFailure(missing)
}

/** The exit code of a whole run, with what is wrong told. */
async function run(args: readonly string[]): Promise<number> {
  try {
    return await main(args)
  } catch (error) {
    const usage = error instanceof UsageError || (error instanceof TypeError && 'code' in error)
    if (!usage) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}

process.exitCode = await run(process.argv.slice(2))
// What a harness left open must not keep the command from ending; what it printed may still be on its way.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
