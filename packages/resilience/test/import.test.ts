import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** The specifiers that a program of its own resolves, without those of the platform. */
function resolvedBy(program: string): string[] {
  const listing = `
    import { registerHooks } from 'node:module'
    const seen = new Set()
    registerHooks({ resolve: (name, context, next) => (seen.add(name), next(name, context)) })
    ${program}
    console.log([...seen].filter((name) => !name.startsWith('node:')).join('\\n'))`
  const child = execFileSync(process.execPath, ['--input-type=module', '-e', listing], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  })
  return child.toString().trim().split('\n')
}

test('importing the package does not load the library, and the first call does', () => {
  const imported = `const { resilientProvider } = await import('@keywright/resilience')
    const kek = resilientProvider({
      scheme: 'none',
      parseUri: () => ({}),
      describeOptions: () => 'k',
      connect: async () => { throw new Error() },
      classify: () => ({ code: 'key-not-found' }),
    })({})`
  expect(resolvedBy(imported)).toContain('@keywright/resilience')
  expect(resolvedBy(imported)).not.toContain('cockatiel')
  expect(resolvedBy(`${imported}; await kek.connect().catch(() => {})`)).toContain('cockatiel')
})
