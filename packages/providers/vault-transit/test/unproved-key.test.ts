import { expect, onTestFinished, test, vi } from 'vitest'
import { context, runningVault } from './running-vault.ts'

test('a data key whose associated data Vault drops is zero-filled with the refusal', async () => {
  const vault = await runningVault({ dropsAssociatedData: true })
  const plaintext = Buffer.alloc(32, 9).toString('base64')
  const { data } = (await vault.admin('POST', 'transit/encrypt/aead', { plaintext })) as {
    data: { ciphertext: string }
  }
  const kek = vault.kek()
  const { reference } = await kek.connect()
  const decoded: Buffer[] = []
  const { from } = Buffer
  const spy = vi.spyOn(Buffer, 'from').mockImplementation(((...given: Parameters<typeof from>) => {
    const made = Reflect.apply(from, Buffer, given)
    if ((given[0] as unknown) === plaintext) decoded.push(made)
    return made
  }) as typeof from)
  onTestFinished(() => spy.mockRestore())
  const wrapped = new TextEncoder().encode(data.ciphertext)
  const slot = { wrapped, keyVersion: '1', algorithm: 'vault.aad', reference, context }
  await expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'unsupported' })
  // What was unwrapped, and what came of trying it with other associated data.
  expect(decoded).toEqual([Buffer.alloc(32), Buffer.alloc(32)])
})
