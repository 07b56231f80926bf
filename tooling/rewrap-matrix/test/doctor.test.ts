import { expect, test } from 'vitest'
import { schemes } from '../src/matrix/variation.ts'
import { command } from './command.ts'
import { started } from './started.ts'

const { managers, has, newKey } = await started()
const present = schemes.filter(has)

type Line = { readonly check: string; readonly result: string; readonly code?: string; readonly fix?: string }
const resultsOf = (checks: readonly Line[]): Readonly<Record<string, string>> =>
  Object.fromEntries(checks.map(({ check, result }) => [check, result]))

/** What has to hold at every key manager; the rest depends on what it declares. */
const everywhere = {
  reachable: 'ok',
  credentials: 'ok',
  'key state': 'ok',
  describe: 'ok',
  wrap: 'ok',
  unwrap: 'ok',
  'right context': 'ok',
  'wrong context': 'ok',
  'flipped byte': 'ok',
  'wrap authenticity': 'ok',
  versions: 'ok',
  latency: 'ok',
  'local policy': 'not checked',
}

/** The key managers that answer over a network, and so can tell their time. */
const distant = ['aws-kms', 'gcp-kms', 'azure-key-vault', 'vault-transit'] as const

/** Loaded before the command: its process lives a quarter of an hour late. */
const late = `data:text/javascript,${encodeURIComponent(`
  const now = Date.now
  globalThis.Date = class extends Date {
    constructor(...of) { super(...(of.length === 0 ? [now() - 900000] : of)) }
    static now() { return now() - 900000 }
  }`)}`

const rights = [
  ['aws-kms', 'kms:Decrypt'],
  ['gcp-kms', 'useToDecrypt'],
  ['azure-key-vault', 'keys/unwrap/action'],
  ['vault-transit', 'transit/decrypt/key-'],
  ['pkcs11', 'CKA_DECRYPT'],
] as const

for (const [scheme, right] of rights) {
  test.runIf(has(scheme))(
    `where ${scheme} no longer lets anybody unwrap, doctor names ${right}`,
    async () => {
      const key = await newKey(scheme)
      const { run } = await command(managers.values())
      await key.revoke?.()
      const { code, stdout } = await run('doctor', key.uri, '--json').finally(key.restore)
      const { checks } = JSON.parse(stdout)
      expect(resultsOf(checks)).toMatchObject({
        wrap: 'ok',
        unwrap: 'failed',
        'wrong context': 'not checked',
      })
      const line = checks.find(({ check }: Line) => check === 'unwrap')
      expect(line.code).toBe('access-denied')
      expect(line.fix).toContain(right)
      expect(code).toBe(4)
    },
  )
}

test('doctor finds nothing wrong with keys of all key managers, in one run, and tells them in order', async () => {
  const keys = await Promise.all(present.map((scheme) => newKey(scheme)))
  const { run } = await command(managers.values())
  const { code, stdout } = await run('doctor', ...keys.map(({ uri }) => uri), '--json')
  const documents = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(documents.map(({ key }) => key.split(':')[0])).toEqual(present)
  for (const [at, { checks }] of documents.entries()) {
    const clock = distant.some((scheme) => scheme === present[at]) ? 'ok' : 'not checked'
    expect(resultsOf(checks)).toMatchObject({ ...everywhere, clock })
  }
  expect(code).toBe(0)
})

test('doctor on a machine whose clock is late says so of every key manager that tells its time', async () => {
  const schemes = distant.filter(has)
  const keys = await Promise.all(schemes.map((scheme) => newKey(scheme)))
  const { runWith } = await command(managers.values())
  const env = { NODE_OPTIONS: `--import=${late}` }
  const { code, stdout } = await runWith({ env }, 'doctor', ...keys.map(({ uri }) => uri), '--json')
  const documents = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(documents).toHaveLength(schemes.length)
  for (const { checks } of documents) {
    const line = checks.find(({ check }: Line) => check === 'clock')
    expect(line).toMatchObject({ result: 'failed', fix: expect.stringMatching(/off by (89|90)\d s/) })
  }
  expect(code).toBe(4)
})
