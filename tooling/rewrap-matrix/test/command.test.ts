import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectFile } from '@keywright/files'
import { expect, test } from 'vitest'
import { schemes } from '../src/matrix/variation.ts'
import { command } from './command.ts'
import { started } from './started.ts'

const { managers, has, newKey } = await started()
const present = schemes.filter(has)

test('the command moves one file through every key manager and back, and its receipts say what was proved', async () => {
  const keys = await Promise.all(present.map((scheme) => newKey(scheme)))
  const uris = keys.map(({ uri }) => uri)
  const { folder, document, run } = await command(managers.values())
  await writeFile(join(folder, 'f'), 'content')
  const [first = ''] = uris
  await document('seal', 'f', '--key', first, '--context', 'tenant=acme')
  const path = join(folder, 'f.kw')
  const { headerBytes } = await inspectFile(path)
  const body = (await readFile(path)).subarray(headerBytes)

  for (const [at, from] of uris.entries()) {
    const to = uris[(at + 1) % uris.length] ?? first
    // Who could have made slots of an RSA key is for the user to accept.
    const consent = from.startsWith('azure-key-vault:') ? ['--accept-public-key-wrap'] : []
    const rewrapped = await document('rewrap', 'f.kw', '--from', from, '--to', to, ...consent)
    expect(rewrapped).toMatchObject({
      status: 'rewrapped',
      outcome: 'verified',
      receipt: { checked: 'commitment', lockOut: 'not-tried', kept: [] },
    })
    const { added, dropped } = rewrapped['receipt']
    const { groups } = await inspectFile(path)
    expect(groups.flatMap(({ slots }) => slots)).toMatchObject([
      { key: added[0].key, keyVersion: added[0].keyVersion },
    ])
    const bytes = await readFile(path)
    expect(bytes.includes(Buffer.from(dropped[0].wrapped, 'base64'))).toBe(false)
    expect(bytes.subarray(headerBytes).equals(body)).toBe(true)
  }
  await document('open', 'f.kw', '--key', first, '--context', 'tenant=acme', '--out', 'g')
  expect(await readFile(join(folder, 'g'), 'utf8')).toBe('content')
  expect((await run('verify', 'f.kw', '--key', uris[1] ?? '')).code).toBe(3)
})

test('the command says in words what a rewrap proved, and what nobody tried', async () => {
  const [from, to] = [await newKey('aws-kms'), await newKey('vault-transit')]
  const { run, seal } = await command(managers.values())
  await seal(from)
  const { stdout, stderr } = await run('rewrap', 'f.kw', '--from', from.uri, '--to', to.uri)
  expect(stdout).toContain("proved   the key opens this content (the body's commitment was checked)")
  expect(stdout).toContain('not tried: whether the old key itself still unwraps copies of its old slots')
  expect(stderr).toContain('reseal')
})

test('the command proves that an old key is locked out once its grant is gone, and not before', async () => {
  const [from, to] = [await newKey('aws-kms'), await newKey('vault-transit')]
  const { document, run, seal } = await command(managers.values())
  await seal(from)
  await document('rewrap', 'f.kw', '--from', from.uri, '--to', to.uri, '--receipts', 'receipts')
  const before = await run('lock-out', 'receipts', '--from', from.uri)
  expect([before.code, before.stdout]).toEqual([3, expect.stringContaining('f.kw: not locked out')])
  await from.revoke?.()
  const after = document('lock-out', 'receipts', '--from', from.uri)
  expect(await after.finally(from.restore)).toMatchObject({
    status: 'locked out',
    asked: [{ result: 'refused', code: 'access-denied' }],
  })
})

test('the command moves a file to the new version of a key, and leaves one that has it', async () => {
  const key = await newKey('vault-transit')
  const { document, seal } = await command(managers.values())
  await seal(key)
  const rewrap = ['rewrap', 'f.kw', '--from', key.uri, '--to', key.uri] as const
  expect(await document(...rewrap)).toMatchObject({ status: 'unchanged', written: false })
  await key.newVersion()
  expect(await document(...rewrap)).toMatchObject({ status: 'rewrapped', outcome: 'verified' })
  await key.disableFirstVersion?.()
  await document('verify', 'f.kw', '--key', key.uri)
})

const able = [...managers.values()].filter(({ rewrapsTo }) => rewrapsTo !== undefined)

// What the command asks of a token, in its own process, nobody counts; inside.test.ts does in this one.
test.each(
  able.map((manager) => {
    const counted = manager.unwrapCalls === undefined ? '' : ' without an unwrap'
    return [`${manager.scheme}${counted}`, manager] as const
  }),
)('the command rewraps inside %s, and --finish completes it', async (_, manager) => {
  const { scheme } = manager
  const from = await newKey(scheme, true)
  const { folder, document, seal } = await command(managers.values())
  await seal(from)
  if (manager.rewrapsTo === 'own versions') await from.newVersion()
  const to = manager.rewrapsTo === 'own versions' ? from : await newKey(scheme, true)
  const keys = ['--from', from.uri, '--to', to.uri]

  const calls = manager.unwrapCalls?.()
  const pending = await document('rewrap', 'f.kw', '--wrap-only', ...keys)
  expect(pending).toMatchObject({ outcome: 'pending', receipt: { checked: 'none', dropped: [] } })
  expect(manager.unwrapCalls?.()).toBe(calls)

  expect(await document('rewrap', 'f.kw', '--finish', ...keys)).toMatchObject({
    outcome: 'verified',
    receipt: { checked: 'commitment', dropped: [{ keyVersion: expect.any(String) }] },
  })
  const { groups } = await inspectFile(join(folder, 'f.kw'))
  expect(groups.flatMap(({ slots }) => slots)).toHaveLength(1)
  await document('verify', 'f.kw', '--key', to.uri)
})

test('a rewrap that is killed before its new slot was tried leaves every byte, and is run again', async () => {
  const [from, to] = [await newKey('gcp-kms'), await newKey('aws-kms')]
  const { folder, document, start, seal } = await command(managers.values())
  await seal(from)
  const path = join(folder, 'f.kw')
  const before = await readFile(path)
  const rewrap = ['rewrap', 'f.kw', '--from', from.uri, '--to', to.uri] as const

  const stall = managers.get('aws-kms')?.stallUnwraps?.()
  const child = start(...rewrap)
  const ended = once(child, 'close')
  await stall?.reached
  child.kill('SIGKILL')
  await ended
  stall?.end()
  expect(before.equals(await readFile(path))).toBe(true)
  await document('verify', 'f.kw', '--key', from.uri)

  expect(await document(...rewrap)).toMatchObject({ outcome: 'verified' })
  await document('verify', 'f.kw', '--key', to.uri)
})
