import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { runningVault } from './running-vault.ts'

const dataKey = Buffer.from(Array.from({ length: 32 }, (_, at) => (0xa5 ^ (at * 7)) & 0xff))

/** Runs the script in a process of its own, with node-vault's debug lines asked for. */
async function printed(address: string, token: string): Promise<string> {
  const script = join(import.meta.dirname, 'work-aloud.ts')
  const env = {
    ...process.env,
    DEBUG: 'node-vault,*',
    VAULT_ADDR: address,
    VAULT_TOKEN: token,
    DATA_KEY: dataKey.toString('base64'),
  }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], {
    env,
    maxBuffer: 2 ** 26,
  })
  return stdout + stderr
}

function secretsIn(text: string, token: string): readonly string[] {
  const spellings = [
    token,
    ...(['base64', 'base64url', 'hex'] as const).map((form) => dataKey.toString(form)),
  ]
  const dense = text.replaceAll(/\s/g, '')
  return [...spellings, [...dataKey.subarray(0, 12)].join(',')].filter(
    (secret) => text.includes(secret) || dense.includes(secret),
  )
}

test('no debug line of node-vault, and nothing that any error reaches, shows the token or a data key', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  const text = await printed(vault.url, token)
  expect(text).toContain('work done')
  expect(secretsIn(text, token)).toEqual([])
})

test('a connection that breaks in the middle leaves nothing in its error, however deep one looks', async () => {
  const server = createServer((socket) => socket.on('data', () => socket.resetAndDestroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const text = await printed(`http://127.0.0.1:${port}`, 'planted-token-8d1f')
  await new Promise((resolve) => server.close(resolve))
  expect(text).toContain('ECONNRESET')
  expect(secretsIn(text, 'planted-token-8d1f')).toEqual([])
})
