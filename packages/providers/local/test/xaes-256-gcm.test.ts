import { expect, test } from 'vitest'
import { importXaesKey, openXaes, sealXaes } from '../src/xaes-256-gcm.ts'
import { accumulate } from './accumulated-vectors.ts'

// Facts of the vectors published with c2sp.org/XAES-256-GCM.
const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')
const plaintext = Buffer.from('XAES-256-GCM')

test('a message is sealed as published where the first bit of the enciphered zero block is clear', () => {
  const key = importXaesKey(new Uint8Array(32).fill(1))
  expect(Buffer.from(key.subkey).toString('hex')).toBe('e531954aca063d5b8d9c47a47d4cc6f0')
  const sealed = sealXaes(key, nonce, plaintext, new Uint8Array())
  expect(Buffer.from(sealed).toString('hex')).toBe('ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271')
  expect(openXaes(key, nonce, sealed, new Uint8Array())).toEqual(Uint8Array.from(plaintext))
})

test('a message is sealed as published where the first bit of the enciphered zero block is set', () => {
  const key = importXaesKey(new Uint8Array(32).fill(3))
  expect(Buffer.from(key.subkey).toString('hex')).toBe('23810ec50edb99f374409466ed1f4b7b')
  const associatedData = Buffer.from('c2sp.org/XAES-256-GCM')
  const sealed = sealXaes(key, nonce, plaintext, associatedData)
  expect(Buffer.from(sealed).toString('hex')).toBe('986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d')
  expect(openXaes(key, nonce, sealed, associatedData)).toEqual(Uint8Array.from(plaintext))
})

test('ten thousand random messages hash to the published value', () => {
  expect(accumulate(10_000)).toBe('e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939')
})

test('a message is refused when any bit of it, its nonce, its associated data or its key changes', () => {
  const parts: Record<'key' | 'nonce' | 'sealed' | 'associatedData', Uint8Array> = {
    key: new Uint8Array(32).fill(7),
    nonce: Uint8Array.from(nonce),
    sealed: new Uint8Array(),
    associatedData: Uint8Array.from([1, 2, 3]),
  }
  parts.sealed = sealXaes(importXaesKey(parts.key), parts.nonce, plaintext, parts.associatedData)
  const open = () => openXaes(importXaesKey(parts.key), parts.nonce, parts.sealed, parts.associatedData)
  expect(open()).toBeDefined()
  for (const part of Object.values(parts)) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(open()).toBeUndefined()
      part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
  }
  expect(open()).toBeDefined()
})

test('what is shorter than a tag is refused', () => {
  const key = importXaesKey(new Uint8Array(32).fill(1))
  expect(openXaes(key, nonce, new Uint8Array(15), new Uint8Array())).toBeUndefined()
})
