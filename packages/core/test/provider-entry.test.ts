import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Whether a program of its own has loaded the platform's cryptography once it has imported a source file. */
function loadsCryptography(source: string): boolean {
  const program = `await import(process.argv[1])
    console.log(process.moduleLoadList.includes('NativeModule crypto'))`
  const { href } = new URL(source, import.meta.url)
  return (
    execFileSync(process.execPath, ['--input-type=module', '-e', program, href]).toString().trim() === 'true'
  )
}

test('the entry for providers loads nothing that seals and opens, and the main entry does', () => {
  expect(loadsCryptography('../src/provider.ts')).toBe(false)
  expect(loadsCryptography('../src/index.ts')).toBe(true)
})

test('an error is the same class by either entry, and so is a provider', async () => {
  const [all, alone] = await Promise.all([import('../src/index.ts'), import('../src/provider.ts')])
  expect([alone.KeywrightError, alone.provider]).toEqual([all.KeywrightError, all.provider])
})
