import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { documents } from '../src/documents.ts'
import type { ToolResult } from '../src/tools.ts'
import { findRoot, treeOf } from '../src/tree.ts'

const ticks = '```'
const fence = (marking: string, content: string): string => `${ticks}${marking}\n${content}\n${ticks}\n`
const checkText = (text: string): Promise<ToolResult> => {
  const tree = treeOf({ 'docs/a.md': `# A\n\n${text}` })
  return documents({ ...tree, root: findRoot() }, join(findRoot(), 'tooling/checks/.fences-test'))
}
const check = (marking: string, content: string): Promise<ToolResult> => checkText(fence(marking, content))

afterEach(() => {
  vi.unstubAllEnvs()
})

test('TypeScript that does not compile is refused with the line in the document', async () => {
  const { ok, output } = await check('ts', "const a: number = 'x'")
  expect(ok).toBe(false)
  expect(output).toContain('docs/a.md(4,')
})

test('TypeScript that compiles passes without being run', async () => {
  expect((await check('ts', "throw new Error('never run')")).ok).toBe(true)
})

test('TypeScript marked to run is refused when it throws', async () => {
  expect((await check('ts run', "throw new Error('run')")).ok).toBe(false)
})

test('a shell fence runs in an empty folder with a data folder of its own', async () => {
  vi.stubEnv('KEYWRIGHT_DATA_DIR', '/nowhere')
  expect(await check('sh run', 'test -z "$(ls)" && test "$KEYWRIGHT_DATA_DIR" != /nowhere')).toEqual({
    ok: true,
    output: '',
  })
})

test('a shell fence is refused when a line fails', async () => {
  expect((await check('sh run', 'false\ntrue')).ok).toBe(false)
})

test('a later fence of a document finds what an earlier one wrote', async () => {
  const write = "import { writeFileSync } from 'node:fs'\nwriteFileSync('note', 'a')"
  const text = `${fence('ts run', write)}\n${fence('sh run', 'test "$(cat note)" = a')}`
  expect(await checkText(text)).toEqual({ ok: true, output: '' })
})

test.each([
  ['ts run', 'console.log(1 + 1) // → 2', true],
  ['ts run', 'console.log(1 + 1) // → 3', false],
  ['sh run', 'echo 2 # → 2', true],
  ['sh run', 'echo 2 # → 3', false],
])('a fence that shows what it prints has to print that: %s, %s', async (marking, content, ok) => {
  expect((await check(marking, content)).ok).toBe(ok)
})
