import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { loadAddon } from '../src/load-addon.ts'

const run = promisify(execFile)
const softhsm = await startBackend('softhsm')
const folder = fileURLToPath(new URL('.', import.meta.url))

/** The lines that a program of its own printed; a crash is an error here. */
async function printedBy(args: readonly string[]): Promise<unknown[]> {
  const env = { ...process.env, ...softhsm?.environment }
  const { stdout } = await run(process.execPath, args, { cwd: folder, env })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe.runIf(softhsm !== undefined)('in a process of its own', () => {
  const { KEYWRIGHT_PKCS11_MODULE: module = '', KEYWRIGHT_PKCS11_PIN: pin = '' } = softhsm?.environment ?? {}
  const program = (how: string): Promise<unknown[]> =>
    printedBy(['programs/close-while-busy.mjs', module, pin, how])

  test('closing waits for calls under way before it finalises: else the process would crash', async () => {
    const done = { opened: 400, finalized: true }
    expect(await program('ours')).toEqual([done, done])
  })

  test('a module that somebody else initialised is not finalised', async () => {
    expect(await program('theirs')).toEqual([{ opened: 400, finalized: false }])
  })

  test('a worker thread finalises nothing, for the module is shared by all threads', async () => {
    const done = { opened: 400, finalized: false }
    expect(await program('worker')).toEqual([done, done])
  })

  test('the main thread leaves a module that a worker thread has open', async () => {
    const left = { opened: 400 + 32, finalized: false }
    expect(await program('beside-worker')).toEqual([left])
  })

  test.each(['main-first', 'worker-first', 'at-once'])(
    'a wrong PIN is tried once by all threads, and the right one serves after it: %s',
    async (how) => {
      const told = { codes: ['unauthenticated'], asked: 1, afterwards: 'ok' }
      expect(await printedBy(['programs/wrong-pin.mjs', module, pin, how])).toEqual([told])
    },
  )

  test('importing the package loads neither pkcs11js nor a module, and connecting does', async () => {
    const listing = (more: string): string => `
      import { createRequire } from 'node:module'
      const { pkcs11 } = await import('@keywright/pkcs11')
      ${more}
      const { cache } = createRequire(import.meta.resolve('@keywright/pkcs11'))
      console.log(JSON.stringify(Object.keys(cache).some((file) => file.includes('pkcs11js'))))`
    const connecting = `await pkcs11({ key: 'none', modulePath: '${module}' }).connect().catch(() => {})`
    expect(await printedBy(['--input-type=module', '-e', listing('')])).toEqual([false])
    expect(await printedBy(['--input-type=module', '-e', listing(connecting)])).toEqual([true])
  })
})

test('an addon that was not built is a matter of configuration, named by its field', () => {
  const notBuilt = (name: string): unknown => createRequire(import.meta.url)(`${name}/not-built.node`)
  expect(() => loadAddon('/any.so', notBuilt)).toThrowError(
    expect.objectContaining({
      code: 'configuration',
      details: expect.objectContaining({ field: 'pkcs11js' }),
    }),
  )
})

test.runIf(softhsm !== undefined).each(['/no/such/module.so', fileURLToPath(import.meta.url)])(
  'a file that is no PKCS#11 module is a matter of configuration: %s',
  (path) => {
    expect(() => loadAddon(path)).toThrowError(
      expect.objectContaining({
        code: 'configuration',
        details: expect.objectContaining({ field: 'modulePath' }),
      }),
    )
  },
)
