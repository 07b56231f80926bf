import { expect, test } from 'vitest'
import { rsaOaep } from '../src/rsa-oaep.ts'
import type { Lease } from '../src/session-pool.ts'
import type { Token } from '../src/token.ts'

const calls: string[] = []
const record = (name: string): Promise<never> => {
  calls.push(name)
  return Promise.reject(new Error('the token was asked'))
}
const token = { module: { cryptoki: {}, quick: record, slow: record } } as unknown as Token
const lease = { session: Buffer.alloc(8) } as unknown as Lease

test.each([0, 1, 255, 257, 383])(
  'a ciphertext of %i bytes, no length of an RSA modulus, never reaches the token',
  async (length) => {
    const unwrap = rsaOaep(token).unwrap(
      lease,
      { handle: Buffer.alloc(8), version: '01', epoch: 0 },
      new Uint8Array(length),
      new Uint8Array(32),
    )
    await expect(unwrap).rejects.toMatchObject({ code: 'unwrap-failed' })
    expect(calls).toEqual([])
  },
)
