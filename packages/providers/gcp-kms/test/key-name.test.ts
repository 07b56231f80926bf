import { isKeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { gcpKms } from '../src/index.ts'
import { versionOf } from '../src/key-name.ts'
import { key, otherKey } from './scene.ts'

test.each([
  key,
  'projects/123456789012/locations/global/keyRings/R_1/cryptoKeys/K-2',
  'projects/example.com:orders/locations/us-central1/keyRings/r/cryptoKeys/k',
])('%s names a key', (name) => {
  expect(gcpKms.fromUri(`gcp-kms://${name}`).uri).toBe(`gcp-kms://${name}`)
})

test.each([
  'orders',
  `${key}/cryptoKeyVersions/1`,
  `/${key}`,
  `${key}/`,
  key.replace('orders', '../others'),
  key.replace('projects/p', 'projects/..'),
  key.replace('europe-west6', 'europe.west6'),
  key.replace('orders', 'a'.repeat(64)),
])('%s names no key: decrypting needs the name of a key, without a version', (name) => {
  let thrown: unknown
  try {
    gcpKms({ key: name })
  } catch (error) {
    thrown = error
  }
  expect(isKeywrightError(thrown, 'configuration')).toBe(true)
})

const codeOf = (name: unknown): unknown => {
  try {
    return versionOf(name, key)
  } catch (error) {
    return isKeywrightError(error) ? error.code : error
  }
}

test.each<readonly [unknown, string]>([
  [`${key}/cryptoKeyVersions/29`, '29'],
  [`${otherKey}/cryptoKeyVersions/29`, 'key-mismatch'],
  [`${key}/cryptoKeyVersions/029`, 'invalid-response'],
  [`${key}/cryptoKeyVersions/0`, 'invalid-response'],
  [`${key}/cryptoKeyVersions/`, 'invalid-response'],
  [key, 'invalid-response'],
  [undefined, 'invalid-response'],
])('the answer names %s: %s', (name, expected) => {
  expect(codeOf(name)).toBe(expected)
})
