import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand, startCommand } from './run-command.ts'

test('all services start, each with a first key', async () => {
  const { printed, stop } = await startCommand()
  expect(Object.keys(printed.keys)).toEqual([
    'aws-kms',
    'gcp-kms',
    'azure-key-vault',
    'azure-managed-hsm',
    'vault-transit',
  ])
  for (const [name, uri] of Object.entries(printed.keys)) {
    const variable = `KEYWRIGHT_${name.toUpperCase().replaceAll('-', '_')}_KEY`
    expect(printed.environment[variable]).toBe(uri)
  }
  expect((await stop()).code).toBe(0)
})

test('only the named services start', async () => {
  const { printed, stop } = await startCommand('vault-transit')
  expect(Object.keys(printed.keys)).toEqual(['vault-transit'])
  expect(printed.environment).not.toHaveProperty('AWS_ENDPOINT_URL_KMS')
  await stop()
})

test('the environment is lines for a shell', async () => {
  const running = runCommand('vault-transit')
  await running.printed('stderr', /Ready/)
  const lines = running.output.stdout.trimEnd().split('\n')
  for (const line of lines) expect(line).toMatch(/^export [A-Z_]+='[^']+'$/)
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
})

test('keys in a folder outlive the command, and the first key is made once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keywright-emulators-'))
  try {
    const first = await startCommand('--folder', folder)
    await first.stop()
    const second = await startCommand('--folder', folder)
    await second.stop()
    expect(second.printed.keys['aws-kms']).toBe(first.printed.keys['aws-kms'])
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(5)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('each service has its own port after the base', async () => {
  const base = 40_000 + (process.pid % 10_000)
  const { printed, stop } = await startCommand('--port-base', String(base), 'vault-transit', 'aws-kms')
  expect(printed.environment['AWS_ENDPOINT_URL_KMS']).toBe(`http://127.0.0.1:${base}`)
  expect(printed.environment['VAULT_ADDR']).toBe(`http://127.0.0.1:${base + 4}`)
  await stop()
})

test('--verbose prints a line for each call', async () => {
  const { running, printed, stop } = await startCommand('--verbose', 'vault-transit')
  await fetch(`${printed.environment['VAULT_ADDR']}/v1/transit/keys/nobody`)
  await running.printed('stderr', /^vault-transit .*transit\/keys\/nobody.* 403/m)
  await stop()
})

test.each([
  ['an unknown service', ['acme-kms']],
  ['an unknown option', ['--loud']],
  ['a port base that is no number', ['--port-base', 'x']],
  ['a port base that leaves no ports', ['--port-base', '65534']],
])('%s ends with 2', async (_, args) => {
  expect((await runCommand(...args).ended).code).toBe(2)
})

test('a port that is taken ends with 1 and leaves nothing running', async () => {
  const { printed, stop } = await startCommand('vault-transit')
  const taken = Number(new URL(printed.environment['VAULT_ADDR'] ?? '').port)
  const ended = await runCommand('--port-base', String(taken - 4), 'vault-transit').ended
  expect(ended.code).toBe(1)
  await stop()
})
