import { expect, test } from 'vitest'
import { keyring, open, seal } from '../src/index.ts'
import { codeOf } from './outcome.ts'
import { publicKeyKek, rsaKeyPair } from './public-key-kek.ts'
import { textOf } from './three-layouts.ts'

// KW-BIND-4
test('where the wrap binds no context, the key check refuses another one', async () => {
  const { publicKey, privateKey } = rsaKeyPair()
  const keys = keyring({ seal: [publicKeyKek('box', publicKey, privateKey)] })
  const sealed = await seal('x', { keys, context: { tenant: 'a' }, withhold: ['tenant'] })
  expect(textOf(await open(sealed, { keys, context: { tenant: 'a' } }))).toBe('x')
  expect(await codeOf(open(sealed, { keys, context: { tenant: 'b' } }))).toBe('authentication-failed')
})
