import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const index = join(import.meta.dirname, '../src/index.ts')

/** The modules that a process loads when it does this. */
async function loadedBy(script: string): Promise<readonly string[]> {
  const program = `
    const { createRequire, registerHooks } = await import('node:module')
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const provider = await import(${JSON.stringify(index)})
    ${script}
    loaded.push(...Object.keys(createRequire(${JSON.stringify(index)}).cache))
    console.log(JSON.stringify(loaded))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  return JSON.parse(stdout)
}

const heavy = /node_modules\/(?!@keywright\/)|node:https?$|vault-http|vault-session|transit-driver/

test('an import of the provider loads neither node-vault nor the transport', async () => {
  const loaded = await loadedBy('')
  expect(loaded.filter((url) => heavy.test(url))).toEqual([])
  expect(loaded.some((url) => url.endsWith('vault-transit.ts'))).toBe(true)
})

test('a KEK that is made and not used loads neither', async () => {
  const loaded = await loadedBy(
    "await provider.vaultTransit({ key: 'a', address: 'https://vault.example' }).close()",
  )
  expect(loaded.filter((url) => heavy.test(url))).toEqual([])
})

test('the first use loads node-vault', async () => {
  const loaded = await loadedBy(
    "await provider.vaultTransit({ key: 'a', address: 'http://127.0.0.1:1', resilience: false }).connect().catch(() => {})",
  )
  expect(loaded.some((url) => url.includes('node-vault'))).toBe(true)
})
