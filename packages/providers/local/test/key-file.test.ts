import { isKeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { formatKeyFile, openMaterial, parseKeyFile } from '../src/key-file.ts'
import { type KeyHeader, maxVersions } from '../src/key-header.ts'

const date = '2026-01-31T12:00:00.000Z'
const plainHeader: KeyHeader = {
  name: 'default',
  createdAt: date,
  protection: { kind: 'none' },
  versions: [
    { version: 1, state: 'destroyed', createdAt: date },
    { version: 2, state: 'disabled', createdAt: date },
    { version: 3, state: 'enabled', createdAt: date },
  ],
}
const sealedHeader: KeyHeader = {
  ...plainHeader,
  protection: {
    kind: 'passphrase',
    kdf: 'scrypt',
    n: 131_072,
    r: 8,
    p: 1,
    salt: '0123456789abcdef'.repeat(2),
  },
}
const passphraseKey = new Uint8Array(32).fill(9)

test('a key file without passphrase reads back as it was written', () => {
  const bytes = formatKeyFile(plainHeader, materialOf(2, 3), undefined)
  const file = parseKeyFile(bytes)
  expect(file.header).toEqual(plainHeader)
  expect(openMaterial(file, undefined)).toEqual(materialOf(2, 3))
})

test('a key file with a passphrase reads back as it was written, and does not hold the keys', () => {
  const bytes = formatKeyFile(sealedHeader, materialOf(2, 3), passphraseKey)
  const file = parseKeyFile(bytes)
  expect(file.header).toEqual(sealedHeader)
  expect(openMaterial(file, passphraseKey)).toEqual(materialOf(2, 3))
  expect(textOf(bytes)).not.toContain('0202020202')
})

test('a key file is JSON', () => {
  const parsed: unknown = JSON.parse(textOf(formatKeyFile(plainHeader, materialOf(2, 3), undefined)))
  expect(parsed).toMatchObject({ format: 'keywright-local-key', formatVersion: 1, name: 'default' })
})

test('every changed bit of a file with a passphrase is refused', () => {
  const bytes = formatKeyFile(sealedHeader, materialOf(2, 3), passphraseKey)
  expect(codesOfChanges(bytes, passphraseKey)).toEqual(new Set(['configuration', 'unauthenticated']))
})

test('every changed bit of a file without passphrase is found', () => {
  const bytes = formatKeyFile(plainHeader, materialOf(2, 3), undefined)
  expect(codesOfChanges(bytes, undefined)).toEqual(new Set(['configuration']))
})

test('a file cut at any length is refused', () => {
  const bytes = formatKeyFile(sealedHeader, materialOf(2, 3), passphraseKey)
  for (let length = 0; length < bytes.length; length++) {
    expect(failureOf(bytes.slice(0, length), passphraseKey)?.code).toBe('configuration')
  }
})

test('material under another passphrase is unauthenticated', () => {
  const bytes = formatKeyFile(sealedHeader, materialOf(2, 3), passphraseKey)
  expect(failureOf(bytes, new Uint8Array(32))?.code).toBe('unauthenticated')
})

test.each([
  ['format', '"keywright-local-key"', '"another"'],
  ['formatVersion', '"formatVersion": 1', '"formatVersion": 2'],
  ['name', '"default"', '"../default"'],
  ['createdAt', `"createdAt": "${date}"`, '"createdAt": "2026-02-30T12:00:00.000Z"'],
  ['protection.kind', '"kind": "passphrase"', '"kind": "other"'],
  ['protection.kdf', '"scrypt"', '"pbkdf2"'],
  ['protection.n', '131072', '16384'],
  ['protection.n', '131072', '2097152'],
  ['protection.n', '131072', '131073'],
  ['protection.n', '131072', '"131072"'],
  ['protection.r', '"r": 8', '"r": 9'],
  ['protection.p', '"p": 1', '"p": 2'],
  ['protection.salt', '"salt": "0', '"salt": "G'],
  ['protection.salt', '"salt": "0', '"salt": "'],
  ['protection.salt', '"salt":', '"salt": 1, "sa":'],
  ['versions[1].version', '"version": 2', '"version": 3'],
  ['versions[1].state', '"disabled"', '"sleeping"'],
  ['versions[2].createdAt', `"enabled",\n      "createdAt": "${date}"`, '"enabled",\n      "createdAt": ""'],
  ['material', '"state": "disabled"', '"state": "destroyed"'],
  ['file', '"format":', '"more": 1,\n  "format":'],
  ['file', '"formatVersion": 1', '"formatVersion":  1'],
  ['file', '"name": "default"', '"name": "default",\n  "name": "default"'],
])('a wrong %s is refused by its name', (field, from, to) => {
  const text = textOf(formatKeyFile(sealedHeader, materialOf(2, 3), passphraseKey))
  expect(text).toContain(from)
  const failure = failureOf(Buffer.from(text.replace(from, to)), passphraseKey)
  expect(failure?.code).toBe('configuration')
  expect(failure?.details.field).toBe(
    field === 'protection.salt' && to.includes('"sa"') ? 'protection' : field,
  )
})

test('costs of two to the power of 15 and 20 are read', () => {
  for (const n of [32_768, 1_048_576]) {
    const header = { ...sealedHeader, protection: { ...sealedHeader.protection, n } } as KeyHeader
    expect(parseKeyFile(formatKeyFile(header, materialOf(2, 3), passphraseKey)).header).toEqual(header)
  }
})

test('more versions than the limit are refused before anything is written', () => {
  const versions = Array.from({ length: maxVersions + 1 }, (_, index) => ({
    version: index + 1,
    state: 'destroyed' as const,
    createdAt: date,
  }))
  expect(codeOf(() => formatKeyFile({ ...plainHeader, versions }, new Map(), undefined))).toBe(
    'limit-exceeded',
  )
})

test('a file with as many versions as the limit fits the size that is read', async () => {
  const { maxKeyFileBytes } = await import('../src/key-file.ts')
  const versions = Array.from({ length: maxVersions }, (_, index) => ({
    version: index + 1,
    state: 'disabled' as const,
    createdAt: date,
  }))
  const material = materialOf(...versions.map(({ version }) => version))
  const bytes = formatKeyFile({ ...sealedHeader, name: 'n'.repeat(63), versions }, material, passphraseKey)
  expect(bytes.length).toBeLessThanOrEqual(maxKeyFileBytes)
})

function materialOf(...versions: number[]): Map<number, Uint8Array> {
  return new Map(versions.map((version) => [version, new Uint8Array(32).fill(version)]))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

function codesOfChanges(bytes: Uint8Array, key: Uint8Array | undefined): Set<string | undefined> {
  const codes = new Set<string | undefined>()
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Uint8Array.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    codes.add(failureOf(changed, key)?.code)
  }
  return codes
}

function failureOf(bytes: Uint8Array, key: Uint8Array | undefined) {
  try {
    openMaterial(parseKeyFile(bytes), key)
    return undefined
  } catch (error) {
    if (isKeywrightError(error)) return error
    throw error
  }
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return isKeywrightError(error) ? error.code : String(error)
  }
}
