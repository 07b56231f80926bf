import { expect, test } from 'vitest'
import { kindStarts } from '../src/key-managers/index.ts'
import type { ManagedKey } from '../src/key-managers/key-manager.ts'
import { move, proved } from '../src/matrix/move.ts'
import { slotsOf } from '../src/matrix/subject.ts'
import { variationOf } from '../src/matrix/variation.ts'
import { kekOf, sealedUnder } from './new-version-tests.ts'
import { started } from './started.ts'

const ours = await started(kindStarts)
const usual = await started(new Map([['local', (await import('../src/key-managers/local.ts')).startLocal]]))
const helpers = [await usual.newKey('local'), await usual.newKey('local')] as const
const creators = new Map([...ours.managers.values()].flatMap(({ kinds }) => [...(kinds ?? [])]))
let made = 0

async function newKey(algorithm: string): Promise<ManagedKey> {
  made++
  const key = await creators.get(algorithm)?.(`kind-${made}`)
  if (key === undefined) throw new Error(`nothing makes keys of ${algorithm}`)
  return key
}

/** Each is the source of one move and the target of one, in another variation each. */
const ring = [
  ['aws-kms.digest', 'wkf'],
  ['vault.derived', 's'],
  ['azure.a256gcm', 'wf'],
  ['azure.a256kw', 'ks'],
  ['pkcs11.aes-kwp', 'f'],
  ['pkcs11.rsa-oaep-256', 'ws'],
] as const
const pairs = ring.map(([from, letters], at) => ({
  from,
  letters,
  to: ring[(at + 1) % ring.length]?.[0] ?? from,
}))

for (const { from, letters, to } of pairs) {
  test.runIf(creators.has(from) && creators.has(to))(`${from} → ${to} (${letters})`, async () => {
    const [source, target] = [await newKey(from), await newKey(to)]
    expect(await move({ from: source, to: target, helpers, variation: variationOf(letters) })).toEqual(proved)
  })
}

test.each([...creators.keys()])('a key of the kind %s wraps by it', async (algorithm) => {
  const subject = await sealedUnder(kekOf(await newKey(algorithm)), 'compact')
  expect((await slotsOf(subject)).map((slot) => slot.algorithm)).toEqual([algorithm])
})
