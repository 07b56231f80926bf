import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CapabilityEntry,
  capabilityEntry,
  capabilityTable,
  describedHarnesses,
  loadModule,
  workspaceModules,
} from '@keywright/conformance'
import { expect, test } from 'vitest'
import { findRoot } from '../src/tree.ts'

const document = 'docs/choosing-a-key-manager.md'
const rowsOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('| '))

/** What every provider declares, as far as this machine has what it stands on, and whether that is all of them. */
async function declared(): Promise<{ readonly entries: readonly CapabilityEntry[]; readonly all: boolean }> {
  const entries: CapabilityEntry[] = []
  let all = true
  const loaded = await Promise.all(workspaceModules(findRoot()).map(loadModule))
  const harnesses = loaded.flatMap((module) => ('harnesses' in module ? module.harnesses : []))
  if (loaded.some((module) => 'missing' in module)) all = false
  for (const harness of describedHarnesses(harnesses)) {
    try {
      entries.push(await capabilityEntry(harness))
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'BackendMissing') throw error
      all = false
    }
  }
  return { entries, all }
}

test(`the table of ${document} is what the providers declare: npm run conformance -- --sheet ${document}`, async () => {
  const text = await readFile(join(findRoot(), document), 'utf8')
  const [, sheet = ''] = /<!-- capability-sheet:begin -->(.*)<!-- capability-sheet:end -->/s.exec(text) ?? []
  const { entries, all } = await declared()
  const [written, made] = [rowsOf(sheet), rowsOf(capabilityTable(entries))]
  if (process.env['CI'] === 'true') expect(all).toBe(true)
  // Where a token is missing here, its rows are those that nobody can compare.
  if (all) expect(written).toEqual(made)
  else expect(written).toEqual(expect.arrayContaining([...made]))
}, 60_000)
