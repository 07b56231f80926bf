import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cells, schemes } from '../src/matrix/variation.ts'
import { command } from './command.ts'
import { started } from './started.ts'

const { managers, has, newKey } = await started()
const present = cells.filter(({ from, to }) => has(from) && has(to))

test.each(present)(
  'the command moves a file from $from to $to ($letters)',
  async ({ from, to, variation }) => {
    const [source, target] = [await newKey(from), await newKey(to)]
    const { folder, document, run } = await command(managers.values())
    await writeFile(join(folder, 'f'), 'content')
    const context = ['--context', 'tenant=acme', '--context', 'table=orders']
    // AWS KMS logs the pairs that it binds: the command keeps withheld values from it.
    const withheld = variation.withheld && from !== 'aws-kms' && to !== 'aws-kms'
    await document(
      'seal',
      'f',
      '--key',
      source.uri,
      ...context,
      ...(withheld ? ['--withhold', 'tenant'] : []),
    )
    const consent = from === 'azure-key-vault' && to !== from ? ['--accept-public-key-wrap'] : []
    const keys = ['--from', source.uri, '--to', target.uri, ...context, ...consent]
    const { outcome, receipt } = await document('rewrap', 'f.kw', ...keys)
    expect([outcome, receipt.checked, receipt.lockOut]).toEqual(['verified', 'commitment', 'not-tried'])
    await document('verify', 'f.kw', '--key', target.uri, ...context)
    expect((await run('verify', 'f.kw', '--key', source.uri, ...context)).code).toBe(3)
  },
)

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
