import { afterEach, expect, test, vi } from 'vitest'
import { type AzureScene, azureScene, wrapped } from './azure-scene.ts'

const chain = vi.hoisted(() => ({ made: 0, token: '' }))

vi.mock('@azure/identity', () => ({
  DefaultAzureCredential: class {
    constructor() {
      chain.made += 1
    }
    async getToken(): Promise<{ token: string; expiresOnTimestamp: number }> {
      return { token: chain.token, expiresOnTimestamp: Date.now() + 3_600_000 }
    }
  },
}))

let scene: AzureScene | undefined

afterEach(() => scene?.close())

test('KEKs without a credential of their own share one chain of credentials', async () => {
  scene = await azureScene()
  const { emulator, kek } = scene
  chain.token = emulator.token({ principal: 'chain' })
  const [one, other] = [kek({ credential: undefined }), kek({ credential: undefined })]
  await Promise.all([wrapped(one), wrapped(other)])
  expect(chain.made).toBe(1)
  expect(emulator.calls.latest.at(-1)?.principal).toBe('chain')
})
