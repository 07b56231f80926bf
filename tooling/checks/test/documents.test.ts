import { join } from 'node:path'
import { BackendMissing } from '@keywright/backends'
import { afterEach, expect, test, vi } from 'vitest'
import { documents } from '../src/documents.ts'
import { type KeyManager, keyManagers } from '../src/key-managers.ts'
import type { ToolResult } from '../src/tools.ts'
import { findRoot, treeOf } from '../src/tree.ts'

const ticks = '```'
const fence = (marking: string, content: string): string => `${ticks}${marking}\n${content}\n${ticks}\n`
const where = join(findRoot(), 'tooling/checks/.fences-test')
const checkText = (text: string, keyManagers?: ReadonlyMap<string, KeyManager>): Promise<ToolResult> => {
  const tree = treeOf({ 'docs/a.md': `# A\n\n${text}` })
  return documents({ ...tree, root: findRoot() }, where, keyManagers)
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

const events: string[] = []
const stands = (name: string): [string, KeyManager] => [
  name,
  async () => {
    events.push(`start ${name}`)
    const stop = async (): Promise<void> => void events.push(`stop ${name}`)
    return { environment: { [name.toUpperCase()]: `at ${name}` }, stop }
  },
]
const missing: KeyManager = () => Promise.reject(new BackendMissing('b needs a thing: get it'))

test('the fences of a document find the key managers that any of them names, started once and stopped', async () => {
  events.length = 0
  const text = `${fence('sh run with=a', 'test "$A$B" = "at aat b"')}\n${fence('sh run with=a,b', 'test "$B" = "at b"')}`
  expect(await checkText(text, new Map([stands('a'), stands('b')]))).toEqual({ ok: true, output: '' })
  expect(events.toSorted()).toEqual(['start a', 'start b', 'stop a', 'stop b'])
})

test('key managers are stopped when a fence fails', async () => {
  events.length = 0
  expect((await checkText(fence('sh run with=a', 'false'), new Map([stands('a')]))).ok).toBe(false)
  expect(events).toEqual(['start a', 'stop a'])
})

test.each([
  ['', true],
  ['true', false],
])('a key manager that cannot be had is told in one line, and under CI=%s ok is %s', async (ci, ok) => {
  vi.stubEnv('CI', ci)
  events.length = 0
  const startable = new Map([stands('a'), ['b', missing] as [string, KeyManager]])
  const result = await checkText(fence('sh run with=a,b', 'false'), startable)
  expect(result.ok).toBe(ok)
  expect(result.output).toContain('b needs a thing: get it')
  expect(events).toEqual(['start a', 'stop a'])
})

test.each(['aws-kms', 'gcp-kms', 'azure-key-vault', 'vault-transit', 'pkcs11'].map((scheme) => [scheme]))(
  'the command and the provider find keys of %s, in a shell and in TypeScript',
  async (scheme) => {
    const prefix = scheme.toUpperCase().replaceAll('-', '_')
    const factory = scheme.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    const shell = `echo hello > f
keywright seal f --key "$${prefix}_INVOICES"`
    const module = `import { readFile } from 'node:fs/promises'
import { keyring, open } from '@keywright/core'
import { ${factory} } from '@keywright/${scheme}'
const keys = keyring({ open: [${factory}.fromUri(process.env['${prefix}_INVOICES'] ?? '')] })
const plain = await open(await readFile('f.kw'), { keys, context: {} })
console.log(new TextDecoder().decode(plain).trim()) // → hello`
    const text = `${fence(`sh run with=${scheme}`, shell)}\n${fence('ts run', module)}`
    const { ok, output } = await checkText(text, keyManagers)
    // A token that this machine lacks is told in a line, and is no failure here.
    expect(output.replace(/^docs\/a\.md: not run, .*$/, '')).toBe('')
    expect(ok).toBe(true)
  },
)

test('a fence with a file name is there for the others of its document', async () => {
  const named = fence('ts file=answer.ts', 'export const answer = 42')
  const user = fence('ts run', "import { answer } from './answer.ts'\nconsole.log(answer) // → 42")
  expect(await checkText(`${named}\n${user}`)).toEqual({ ok: true, output: '' })
})
