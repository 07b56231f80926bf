import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { documents } from '../src/documents.ts'
import type { ToolResult } from '../src/tools.ts'
import { findRoot, treeOf } from '../src/tree.ts'

const ticks = '```'
const check = (marking: string, content: string): ToolResult => {
  const tree = treeOf({ 'docs/a.md': `# A\n\n${ticks}${marking}\n${content}\n${ticks}\n` })
  return documents({ ...tree, root: findRoot() }, join(findRoot(), 'tooling/checks/.fences-test'))
}

afterEach(() => {
  vi.unstubAllEnvs()
})

test('TypeScript that does not compile is refused with the line in the document', () => {
  const { ok, output } = check('ts', "const a: number = 'x'")
  expect(ok).toBe(false)
  expect(output).toContain('docs/a.md(4,')
})

test('TypeScript that compiles passes without being run', () => {
  expect(check('ts', "throw new Error('never run')").ok).toBe(true)
})

test('TypeScript marked to run is refused when it throws', () => {
  expect(check('ts run', "throw new Error('run')").ok).toBe(false)
})

test('a shell fence runs in an empty folder with a data folder of its own', () => {
  vi.stubEnv('KEYWRIGHT_DATA_DIR', '/nowhere')
  expect(check('sh run', 'test -z "$(ls)" && test "$KEYWRIGHT_DATA_DIR" != /nowhere')).toEqual({
    ok: true,
    output: '',
  })
})

test('a shell fence is refused when a line fails', () => {
  expect(check('sh run', 'false\ntrue').ok).toBe(false)
})
