import { chmod, readFile, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { readHex } from '../src/hex.ts'
import * as api from '../src/index.ts'
import { contextOf, keyPath, temporaryFolder } from './temporary-folder.ts'

const passphrase = 'planted-passphrase-5f1e'
const dataKey = new Uint8Array(32).map((_, index) => 0xa5 ^ (index * 7))
const context = contextOf(1)

test('no key, passphrase or data key is in any error, description, inspect or JSON output', async () => {
  const folder = await temporaryFolder()
  const request = { key: 'default', folder }
  const outputs: unknown[] = [await api.createKey(request)]
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    outputs.push(await work().catch((error: unknown) => error))
  }
  const text = await readFile(keyPath(folder), 'utf8')
  const material = /"material": "([0-9a-f]{64})/.exec(text)?.[1] ?? ''
  const key = readHex(Buffer.from(material))
  if (key === undefined) throw new Error('the file holds its key in hex')

  const kek = api.local(request)
  const slot = await kek.wrapKey({ dataKey, context })
  const { wrapped, keyVersion = '', algorithm } = slot
  const unwrap = { wrapped, keyVersion, algorithm, reference: 'default', context }
  outputs.push(kek, slot, await kek.describeKey(), await kek.connect(), api.local)
  await attempt(() => kek.unwrapKey({ ...unwrap, context: contextOf(2) }))
  await attempt(() => kek.unwrapKey({ ...unwrap, keyVersion: '9' }))
  await attempt(() => kek.wrapKey({ dataKey: new Uint8Array(1), context }))
  for (const damaged of [
    text.slice(2),
    text.slice(0, -3),
    text.replace(/.(?="\n}\n)/, 'G'),
    text.replace('1', '2'),
  ]) {
    await writeFile(keyPath(folder), damaged)
    await attempt(() => kek.wrapKey({ dataKey, context }))
    await attempt(() => api.rotateKey(request))
    await attempt(() => api.listKeys({ folder }))
  }
  await writeFile(keyPath(folder), text)
  await chmod(keyPath(folder), 0o644)
  await attempt(() => kek.wrapKey({ dataKey, context }))
  await chmod(keyPath(folder), 0o600)
  await attempt(() => api.local({ ...request, passphrase }).connect())
  await attempt(() => api.changePassphrase({ ...request, newPassphrase: passphrase, scryptCostLog2: 15 }))
  await attempt(() => api.local({ ...request, passphrase: `${passphrase}x` }).connect())
  const guarded = api.local({ ...request, passphrase })
  await attempt(() => guarded.connect())
  outputs.push(guarded)
  await kek.close()
  outputs.push(kek)

  for (const output of outputs) {
    const shown = [
      inspect(output, { depth: 10, showHidden: true }),
      JSON.stringify(output) ?? '',
      String(output),
    ]
    const stack = output instanceof Error ? (output.stack ?? '') : ''
    for (const form of [...formsOf(key), ...formsOf(dataKey), ...formsOf(Buffer.from(passphrase))]) {
      for (const surface of [...shown, stack]) expect(surface.includes(form)).toBe(false)
    }
  }
  expect(outputs.length).toBeGreaterThan(20)
})

/** A secret as it could show up in text: whole, and its first half, for output that was cut. */
function formsOf(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret)
  return [bytes, bytes.subarray(0, 15)].flatMap((part) => [
    part.toString('hex'),
    part.toString('base64').replace(/=+$/, ''),
    part.toString('base64url'),
    part.toString('latin1'),
    [...part].join(', '),
  ])
}
