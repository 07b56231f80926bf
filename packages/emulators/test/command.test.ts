import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
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

/** A folder that ends with the test. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keywright-emulators-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('keys in a folder outlive the command, the first key is made once, and each is found by its old URI', async () => {
  const folder = newFolder()
  const first = await startCommand('--folder', folder)
  await first.stop()
  const second = await startCommand('--folder', folder)
  await second.stop()
  expect(Object.keys(first.printed.keys)).toHaveLength(5)
  expect(second.printed.keys).toEqual(first.printed.keys)
  expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(6)
})

test('a service that starts later keeps its port too, and so does one that pauses', async () => {
  const folder = newFolder()
  const uris: (string | undefined)[] = []
  for (const services of [['azure-key-vault'], ['vault-transit'], ['vault-transit', 'azure-key-vault']]) {
    const { printed, stop } = await startCommand('--folder', folder, ...services)
    uris.push(printed.keys['azure-key-vault'] ?? '', printed.keys['vault-transit'] ?? '')
    await stop()
  }
  const [azure, , , vault, ...both] = uris
  expect(both).toEqual([azure, vault])
})

test('a port base moves the services of a folder, for later starts too', async () => {
  const folder = newFolder()
  const base = 20_000 + (process.pid % 10_000)
  const addresses: (string | undefined)[] = []
  for (const given of [[], ['--port-base', String(base)], []]) {
    const { printed, stop } = await startCommand('--folder', folder, ...given, 'vault-transit')
    addresses.push(printed.environment['VAULT_ADDR'])
    await stop()
  }
  const moved = `http://127.0.0.1:${base + 4}`
  expect([addresses[0] === moved, ...addresses.slice(1)]).toEqual([false, moved, moved])
})

test('a kept port that is taken ends with 1 and says what to do: with another one, URIs would name nothing', async () => {
  const folder = newFolder()
  const { stop } = await startCommand('--folder', folder, 'vault-transit')
  const ended = await runCommand('--folder', folder, 'vault-transit').ended
  await stop()
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('--port-base')
})

test('a folder whose ports are none is refused', async () => {
  const folder = newFolder()
  writeFileSync(join(folder, 'ports.json'), '{"vault-transit":"4600"}')
  expect((await runCommand('--folder', folder, 'vault-transit').ended).code).toBe(1)
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
