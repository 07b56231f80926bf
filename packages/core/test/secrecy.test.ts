import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deriveBody } from '../src/body/derive.ts'
import { importMacKey } from '../src/crypto/primitives.ts'
import { concatBytes } from '../src/format/byte-strings.ts'
import { decodeHeader } from '../src/format/header.ts'
import { bodyContext, bodyContextBase } from '../src/format/key-checks.ts'
import {
  type Kek,
  keyring,
  open,
  openRange,
  openStream,
  rewrap,
  seal,
  sealStream,
  verify,
} from '../src/index.ts'
import { headerSource, startOpen } from '../src/operations/open-session.ts'
import { drain, memorySource } from './body-sources.ts'
import { errorOf } from './outcome.ts'
import { scriptedAlgorithm, scriptedKek } from './scripted-kek.ts'
import { flipBit } from './three-layouts.ts'

const dek = Uint8Array.from({ length: 32 }, (_, at) => (at * 89 + 13) & 255)
const plaintext = 'a plaintext that nobody else may read'
const passphrase = 'correct horse battery staple'

/** What is looked for, as bytes; every way of writing them is tried. */
let secrets: readonly Uint8Array[] = []
/** Everything that a test let out: errors, results, objects that a program might print. */
let artefacts: unknown[] = []

beforeEach(() => {
  secrets = [dek, Buffer.from(plaintext), Buffer.from(passphrase)]
  artefacts = []
})

/** Ways in which bytes can stand in text; the last characters of base64 depend on what follows and are left out. */
function spellings(secret: Uint8Array): readonly string[] {
  const bytes = Buffer.from(secret)
  return [
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64').replace(/.?=*$/, ''),
    bytes.toString('base64url').replace(/.$/, ''),
    bytes.toString('latin1'),
    inspect(bytes.toString('latin1')).slice(1, -1),
    JSON.stringify(bytes.toString('latin1')).slice(1, -1),
    [...bytes].join(','),
    [...bytes].join(', '),
    bytes.toString('hex').replace(/(..)(?=.)/g, '$1 '),
  ]
}

/** Every way of looking at a value that a log or a debugger has. */
function looksAt(value: unknown): readonly string[] {
  const looks = [
    inspect(value, {
      depth: Number.POSITIVE_INFINITY,
      showHidden: true,
      maxArrayLength: null,
      maxStringLength: null,
    }),
    inspect(value, { depth: Number.POSITIVE_INFINITY, getters: true, maxArrayLength: null }),
    JSON.stringify(value) ?? '',
    String(value),
  ]
  if (value instanceof Error) looks.push(value.stack ?? '', inspect(value.cause))
  return looks
}

/** The spellings of secrets that an artefact shows. */
function shown(): readonly string[] {
  const everything = artefacts.flatMap(looksAt).join('\n')
  return secrets.flatMap(spellings).filter((spelling) => everything.includes(spelling))
}

afterEach(() => {
  expect(artefacts.length).toBeGreaterThan(0)
  expect(shown()).toEqual([])
})

/** A key manager that gives the planted DEK, and whose client puts secrets into everything that it throws. */
function leakyKek(failing?: 'wrapKey' | 'unwrapKey' | 'generateDataKey' | 'connect'): Kek {
  const give = async <T>(operation: string, value: T): Promise<T> => {
    if (failing === operation) throw Object.assign(new Error(`login with ${passphrase}`), { dek, passphrase })
    return value
  }
  const kek = scriptedKek({
    capabilities: { generatesDataKeys: true },
    driver: {
      wrapKey: () => give('wrapKey', { wrapped: new Uint8Array(40), algorithm: scriptedAlgorithm }),
      generateDataKey: () =>
        give('generateDataKey', {
          dataKey: new Uint8Array(dek),
          wrapped: new Uint8Array(40),
          algorithm: scriptedAlgorithm,
        }),
      unwrapKey: () => give('unwrapKey', { dataKey: new Uint8Array(dek) }),
    },
  })
  return kek
}

async function sealed(): Promise<Uint8Array> {
  const envelope = await seal(plaintext, { keys: keyring({ seal: [leakyKek()] }), associatedData: 'row' })
  const { header, length } = decodeHeader(envelope)
  const bound = bodyContext(
    bodyContextBase(header.preambleBytes, new Uint8Array([0xa0])),
    concatBytes(new Uint8Array([0]), Buffer.from('row')),
  )
  const { aesKey } = await deriveBody(await importMacKey(dek), envelope.subarray(length, length + 24), bound)
  secrets = [...secrets, aesKey.export()]
  return envelope
}

test('the search finds every spelling of a secret', async () => {
  for (const spelling of spellings(dek)) {
    artefacts = [spelling]
    expect(shown().length, spelling).toBeGreaterThan(0)
  }
  for (const leak of [new Uint8Array(dek), { deep: { text: Buffer.from(dek).toString('latin1') } }]) {
    artefacts = [leak]
    expect(shown().length).toBeGreaterThan(0)
  }
  artefacts = [{ nothing: true }]
})

for (const failing of ['connect', 'wrapKey', 'unwrapKey', 'generateDataKey'] as const) {
  test(`a key manager that fails at ${failing} puts nothing into errors`, async () => {
    const envelope = await sealed()
    const definition = {
      connect: async (): Promise<never> => {
        throw Object.assign(new Error(passphrase), { dek })
      },
    }
    const kek = failing === 'connect' ? scriptedKek({ definition }) : leakyKek(failing)
    const keys = keyring({ seal: [kek, scriptedKek()] })
    const only = keyring({ seal: [kek] })
    for (const work of [
      () => seal(plaintext, { keys }),
      () => seal(plaintext, { keys: only }),
      () => open(envelope, { keys: only, associatedData: 'row' }),
      () => verify(envelope, { keys: only, associatedData: 'row' }),
    ]) {
      await work().then(
        () => artefacts.push('no error'),
        (error: unknown) => artefacts.push(error),
      )
    }
  })
}

test('an envelope that does not open puts nothing into its error', async () => {
  const envelope = await sealed()
  const keys = keyring({ open: [leakyKek()] })
  const altered = [
    flipBit(envelope, envelope.length - 1, 0),
    flipBit(envelope, 20, 0),
    envelope.subarray(0, -1),
    envelope.subarray(0, 40),
  ]
  for (const bytes of altered) artefacts.push(await errorOf(open(bytes, { keys, associatedData: 'row' })))
  artefacts.push(await errorOf(open(envelope, { keys, associatedData: 'another row' })))
  artefacts.push(await errorOf(open(envelope, { keys, context: { passphrase }, associatedData: 'row' })))
})

test('refused arguments are not repeated in errors', async () => {
  const keys = keyring({ seal: [leakyKek()] })
  artefacts.push(await errorOf(seal(`${passphrase}\uD800`, { keys })))
  artefacts.push(await errorOf(seal('x', { keys, context: { [`keywright:${passphrase}`]: 'x' } })))
  artefacts.push(await errorOf(seal('x', { keys, context: { a: `${passphrase}\uD800` } })))
  artefacts.push(await errorOf(seal('x', { keys, associatedData: `${passphrase}\uD800` })))
})

test('a keyring, a KEK and a cache in use show nothing of themselves', async () => {
  await sealed()
  const kek = leakyKek()
  const concealKey = Buffer.from(passphrase.padEnd(32).slice(0, 32))
  const keys = keyring({ seal: [kek], cache: {}, concealKey })
  await open(await seal(plaintext, { keys }), { keys })
  artefacts.push(keys, kek, keys.cache, keys.statistics)
})

test('a session, a stream and a range reader in use show nothing of their DEK', async () => {
  const envelope = await sealed()
  const keys = keyring({ seal: [leakyKek()] })
  const at = { keys, associatedData: 'row' }
  const { length } = decodeHeader(envelope)
  const session = await startOpen(headerSource(envelope.subarray(0, length)), at)
  const [sealing, opening] = [sealStream(at), openStream(at)]
  const reader = await openRange(memorySource(envelope), at)
  await reader.read(0, 5)
  artefacts.push(session, sealing, opening, reader)
  await drain(sealing, [])
  reader.close()
  session.release()
})

test('a rewrap puts nothing into its receipt or its error', async () => {
  const envelope = await sealed()
  const [from, to] = [leakyKek(), scriptedKek({ driver: { keyRef: 'to' } })]
  artefacts.push((await rewrap(envelope, { from, to, associatedData: 'row' })).receipt)
  artefacts.push(await errorOf(rewrap(envelope, { from, to: leakyKek('wrapKey') })))
  artefacts.push(await errorOf(rewrap(envelope, { from: leakyKek('unwrapKey'), to })))
})
