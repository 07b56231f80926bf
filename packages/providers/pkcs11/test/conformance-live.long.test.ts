import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { pkcs11 } from '../src/index.ts'

const { KEYWRIGHT_LIVE_PKCS11_KEY: first, KEYWRIGHT_LIVE_PKCS11_SECOND: second } = process.env

if (first === undefined || second === undefined) {
  const how = 'KEYWRIGHT_LIVE_PKCS11_KEY and KEYWRIGHT_LIVE_PKCS11_SECOND are the URIs of two keys of a token'
  test(`no token of yours is asked: ${how}`, ({ skip }) => skip(how))
} else {
  const harness = {
    provider: 'pkcs11',
    backend: 'a token of yours',
    fromUri: pkcs11.fromUri,
    prepare: async () => ({ first: () => pkcs11.fromUri(first), second: () => pkcs11.fromUri(second) }),
  }
  for (const { title, run } of defineConformance(harness)) test(title, run)
}
