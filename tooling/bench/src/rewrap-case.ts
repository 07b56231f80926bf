import { open as openHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { keyring } from '@keywright/core'
import { rewrapFile, sealFile } from '@keywright/files'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { context } from './bench-context.ts'
import { benchFolder, benchKek } from './bench-kek.ts'
import { type Contestant, figuresOf, measure, type Settings } from './measure.ts'

const blockBytes = 4_096

/** Rewraps a file of that size to one KEK and to the other in turns. */
async function rewrapping(name: string, plaintextBytes: number): Promise<Contestant> {
  const plain = join(benchFolder, `${name}.plain`)
  const path = join(benchFolder, `${name}.kw`)
  const handle = await openHandle(plain, 'w')
  await handle.truncate(plaintextBytes)
  await handle.close()
  const keks = [benchKek('old'), benchKek('new')] as const
  const keys = keyring({ seal: [keks[0]] })
  await sealFile(plain, path, { keys, context })
  let turn = 0
  const run = async (): Promise<void> => {
    const [from, to] = turn++ % 2 === 0 ? keks : [keks[1], keks[0]]
    await rewrapFile(path, { from, to, context })
  }
  return { name, run }
}

/** What an in-place rewrap cannot do without: two blocks, each on the medium before the next step. */
async function bareWrites(): Promise<Contestant> {
  const path = join(benchFolder, 'bare.blocks')
  const block = new Uint8Array(blockBytes).fill(7)
  const made = await openHandle(path, 'w')
  await made.write(new Uint8Array(3 * blockBytes))
  await made.close()
  const run = async (): Promise<void> => {
    const handle = await openHandle(path, 'r+')
    for (const page of [1, 2]) {
      await handle.write(block, 0, blockBytes, page * blockBytes)
      await handle.sync()
    }
    await handle.close()
  }
  return { name: 'limit', run }
}

async function run(settings: Settings): Promise<CaseResult> {
  const contestants = [
    await rewrapping('ours', 2 ** 20),
    await rewrapping('large', 2 ** 30),
    await bareWrites(),
  ]
  const timings = await measure(contestants, settings)
  const { ours, limit } = figuresOf(timings, 'ms', 0)
  const largeMs = timings.get('large')?.medianMs ?? Number.NaN
  const beside = { '1GiB-file-ms': largeMs, 'large-over-small-x': largeMs / ours }
  return { id: 'rewrap-in-place', unit: 'ms', ours, limit, peers: {}, beside }
}

/** A rewrap of a file of 1 MiB; beside it the same for 1 GiB. */
export const rewrapCase: BenchCase = { id: 'rewrap-in-place', run }
