import { createSecretKey, randomBytes } from 'node:crypto'
import { seal } from '@keywright/core'
import { type ChunkWorkers, threads } from '@keywright/core/threads'
import { BareBody, sealedBytes } from './bare-body.ts'
import { BareThreads, sharedBytes } from './bare-threads.ts'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { context } from './bench-context.ts'
import { type Contestant, measure, type Settings } from './measure.ts'
import { associatedData, benchKeyring } from './ours.ts'
import { randomPlain } from './random-plain.ts'

const bodyBytes = 67_108_864

async function run(settings: Settings): Promise<CaseResult> {
  const plain = randomPlain(bodyBytes)
  const shared = randomPlain(bodyBytes, sharedBytes(bodyBytes))
  const keys = benchKeyring(true)
  const body = new BareBody(createSecretKey(randomBytes(32)), randomBytes(120))
  const bare = new BareThreads()
  const one = threads({ workers: 0 })
  const two = threads({ workers: 1 })
  const ours = (name: string, input: Uint8Array, engine: ChunkWorkers): Contestant => ({
    name,
    run: () => seal(input, { keys, context, associatedData, threads: engine }),
  })
  const timings = await measure(
    [
      ours('ours-1', shared, one),
      ours('ours-2', shared, two),
      { name: 'bare-1', run: () => body.seal(shared, sharedBytes(sealedBytes(bodyBytes))) },
      { name: 'bare-2', run: () => bare.seal(body, shared) },
      ours('plain-1', plain, one),
      ours('plain-2', plain, two),
    ],
    settings,
  )
  await Promise.all([bare.close(), one.close(), two.close(), keys.close()])
  const ms = (name: string): number => timings.get(name)?.medianMs ?? Number.NaN
  return {
    id: 'threads-2',
    unit: 'x',
    ours: ms('ours-1') / ms('ours-2'),
    limit: ms('bare-1') / ms('bare-2'),
    peers: {},
    beside: {
      'plain-buffers-x': ms('plain-1') / ms('plain-2'),
      'two-threads-ms': ms('ours-2'),
      'bare-two-threads-ms': ms('bare-2'),
      'plain-two-threads-ms': ms('plain-2'),
    },
  }
}

/** Sealing 64 MiB of shared memory into new shared memory: one thread's time over two threads'. */
export const threadsCase: BenchCase = { id: 'threads-2', run }
