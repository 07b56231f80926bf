import { expect, test, vi } from 'vitest'
import { importAesKey } from '../src/crypto/primitives.ts'
import { WorkerHandle } from '../src/threads/worker-handle.ts'
import { patterned } from './body-sources.ts'
import { FakeWorker } from './fake-worker.ts'

vi.mock('node:worker_threads', async () => ({ Worker: (await import('./fake-worker.ts')).FakeWorker }))

const piece = {
  direction: 'seal',
  key: await importAesKey(patterned(32)),
  baseNonce: patterned(12),
  firstChunk: 0,
  input: new Uint8Array(0),
  output: new Uint8Array(16),
  final: true,
} as const

for (const event of ['error', 'exit', 'messageerror']) {
  test(`a worker that ends with ${event} fails its work and takes no more`, async () => {
    const handle = new WorkerHandle()
    FakeWorker.last?.emit('message', { id: 'ready' })
    expect(handle.free).toBe(true)
    const running = [handle.run(piece), handle.run(piece)]
    expect(handle.free).toBe(false)
    FakeWorker.last?.emit(event, new Error('ended'))
    for (const one of running) await expect(one).rejects.toMatchObject({ code: 'unavailable' })
    expect([handle.gone, handle.free]).toEqual([true, false])
  })
}

test('a piece that a worker could not do fails alone', async () => {
  const handle = new WorkerHandle()
  const [bad, good] = [handle.run(piece), handle.run(piece)]
  FakeWorker.last?.emit('message', { id: 0 })
  FakeWorker.last?.emit('message', { id: 1, chunks: 1 })
  await expect(bad).rejects.toMatchObject({ code: 'unavailable' })
  expect(await good).toBe(1)
  expect(handle.gone).toBe(false)
})
