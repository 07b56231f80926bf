import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectFile } from '@keywright/files'
import { expect, test } from 'vitest'
import { cells, type Scheme, schemes, type Variation } from '../src/matrix/variation.ts'
import { command, documentsOf } from './command.ts'
import { started } from './started.ts'

const { managers, has, newKey } = await started()
const present = cells.filter(({ from, to }) => has(from) && has(to))
const helpers = [(await newKey('local')).uri, (await newKey('local')).uri] as const
const context = ['--context', 'tenant=acme', '--context', 'table=orders'] as const

/** AWS KMS logs the pairs that it binds; by their digest it can take part where values are withheld. */
function uriOf(uri: string, { withheld }: Variation): string {
  return withheld && uri.startsWith('aws-kms:') ? `${uri}?context=digest` : uri
}

/** Keyrings to seal by the old key, and to read by the new one. */
function configOf(from: string, to: string, { kOfN, shared }: Variation): string {
  const consent = { acceptPublicKeyWrap: true }
  const reader = kOfN ? { groups: [[to], [helpers[0]]], threshold: 2, ...consent } : { open: [to] }
  const sealer = kOfN
    ? { groups: [[from], ...helpers.map((uri) => [uri])], threshold: 2, ...consent }
    : { seal: [from] }
  const cache = shared ? { cache: { maxMessages: 10 } } : {}
  return JSON.stringify({
    keyrings: { sealer: { ...sealer, ...cache }, reader },
  })
}

async function bodyOf(path: string): Promise<Buffer> {
  const { headerBytes } = await inspectFile(path)
  return (await readFile(path)).subarray(headerBytes)
}

// A compact envelope is for the command to reseal, see below: here all are files.
test.each(present)(
  'the command moves a file from $from to $to ($letters), and proves that the old key is locked out',
  async ({ from, to, variation }) => {
    const [source, target] = [await newKey(from), await newKey(to)]
    const [old, next] = [uriOf(source.uri, variation), uriOf(target.uri, variation)]
    const { folder, documents, run } = await command(managers.values())
    await writeFile(join(folder, 'keywright.config.json'), configOf(old, next, variation))
    const names = variation.shared ? ['f', 'g'] : ['f']
    const sealed = names.map((name) => `${name}.kw`)
    for (const name of names) await writeFile(join(folder, name), `content of ${name}`)
    const withhold = variation.withheld ? ['--withhold', 'tenant'] : []
    await documents('seal', ...names, '--keyring', 'sealer', ...context, ...withhold)
    const bodies = await Promise.all(sealed.map((name) => bodyOf(join(folder, name))))

    const consents = ['--accept-public-key-wrap', ...(variation.shared ? ['--allow-shared-dek'] : [])]
    const keys = ['--from', old, '--to', next, ...context, ...consents]
    const moved = await documents('rewrap', ...sealed, ...keys, '--receipts', 'receipts')
    for (const { outcome, receipt } of moved) {
      const checked = variation.kOfN ? 'share-check' : 'commitment'
      expect([outcome, receipt.checked, receipt.dropped.length]).toEqual(['verified', checked, 1])
    }

    const lockOut = () => run('lock-out', 'receipts', '--from', old, ...context, '--json')
    const before = await lockOut()
    expect(before.code).toBe(3)
    expect(documentsOf(before.stdout)).toMatchObject(
      sealed.map((path) => ({ path, oldSlots: [], oldBytes: false, asked: [{ result: 'still-opens' }] })),
    )

    await source.disable?.()
    const [after, byNew] = await Promise.all([
      lockOut(),
      run('verify', ...sealed, '--keyring', 'reader', ...context),
    ]).finally(source.enable)
    expect(byNew).toMatchObject({ code: 0 })
    expect(documentsOf(after.stdout)).toMatchObject(
      sealed.map((path) => ({
        path,
        status: 'locked out',
        oldSlots: [],
        oldBytes: false,
        asked: [{ result: 'refused' }],
      })),
    )
    expect(after.code).toBe(0)
    for (const [at, name] of sealed.entries()) {
      expect((await bodyOf(join(folder, name))).equals(bodies[at] ?? Buffer.alloc(0))).toBe(true)
    }
  },
)

const next = (scheme: Scheme): Scheme => schemes[(schemes.indexOf(scheme) + 1) % schemes.length] ?? scheme

test.each(
  schemes
    .filter((scheme) => has(scheme) && has(next(scheme)))
    .map((scheme) => [scheme, next(scheme)] as const),
)('a compact envelope of %s is refused by rewrap, which says so, and resealed to %s', async (from, to) => {
  const [old, fresh] = [(await newKey(from)).uri, (await newKey(to)).uri]
  const { folder, document, run, runWith } = await command(managers.values())
  const input = { input: 'through a pipe' }
  expect((await runWith(input, 'seal', '-', '--out', 'f.kw', '--key', old, ...context)).code).toBe(0)
  const before = await readFile(join(folder, 'f.kw'))
  const refused = await run('rewrap', 'f.kw', '--from', old, '--to', fresh, ...context, '--json')
  expect(refused.code).toBe(2)
  expect(documentsOf(refused.stdout)[0]?.['error']).toMatchObject({ code: 'invalid-argument' })
  expect(before.equals(await readFile(join(folder, 'f.kw')))).toBe(true)
  await document('reseal', 'f.kw', '--key', old, '--to', fresh, ...context)
  await document('verify', 'f.kw', '--key', fresh, ...context)
  expect((await run('verify', 'f.kw', '--key', old, ...context)).code).toBe(3)
})

test.each(schemes.filter(has).map((scheme) => [scheme]))(
  'the command moves a file to the new version of a key of %s, and leaves one that has it',
  async (scheme) => {
    const key = await newKey(scheme)
    const { folder, document } = await command(managers.values())
    await writeFile(join(folder, 'f'), 'content')
    await document('seal', 'f', '--key', key.uri)
    const rewrap = ['rewrap', 'f.kw', '--from', key.uri, '--to', key.uri] as const
    expect(await document(...rewrap)).toMatchObject({ status: 'unchanged', written: false })
    await key.newVersion()
    expect(await document(...rewrap)).toMatchObject({ status: 'rewrapped', outcome: 'verified' })
    await key.disableFirstVersion?.()
    await document('verify', 'f.kw', '--key', key.uri)
  },
)
