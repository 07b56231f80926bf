import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { inspectFile, sealFile, verifyFile } from '../src/index.ts'
import { ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const child = join(import.meta.dirname, 'racing-child.ts')

interface Receipt {
  readonly generation: number
  readonly version: string
  readonly to: string
}

/**
 * Lets two processes rewrap one file to different keys at the same time, several times over; every second time one
 * of them is killed half-way. After each time the file is as the last receipt says.
 *
 * @param times how often two processes are started
 * @param rewraps how many each of them does
 */
export async function race(times: number, rewraps: number): Promise<void> {
  const folder = testFolder()
  const path = join(folder, 's')
  const log = join(folder, 'log')
  randomFile(join(folder, 'p'), 100)
  await sealFile(join(folder, 'p'), path, { keys: ringOf('a') })
  for (let time = 0; time < times; time++) {
    const [stays, dies] = time % 4 < 2 ? ['b', 'c'] : ['c', 'b']
    await twoAtOnce(path, log, [stays ?? '', dies ?? ''], rewraps, time % 2 === 1)
    await checkLast(path, log)
  }
}

async function twoAtOnce(
  path: string,
  log: string,
  [stays, dies]: readonly [string, string],
  rewraps: number,
  kills: boolean,
): Promise<void> {
  const start = (to: string): ReturnType<typeof spawn> =>
    spawn(process.execPath, [child, path, log, to, String(rewraps)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const survivor = start(stays)
  const other = start(dies)
  const ends = Promise.all([once(survivor, 'exit'), once(other, 'exit')])
  survivor.stdout?.once('data', () => kills && other.kill('SIGKILL'))
  other.stdout?.resume()
  const [[code], [otherCode]] = (await ends) as [[number | null], [number | null]]
  expect(code).toBe(0)
  if (!kills) expect(otherCode).toBe(0)
}

async function checkLast(path: string, log: string): Promise<void> {
  expect(existsSync(log)).toBe(true)
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  const receipts = lines.map((line) => JSON.parse(line) as Receipt)
  const last = receipts.reduce((a, b) => (b.generation > a.generation ? b : a))
  expect(new Set(receipts.map(({ generation }) => generation)).size).toBe(receipts.length)
  const { version, pages } = await inspectFile(path)
  expect({ version, generation: pages?.generation }).toEqual({
    version: last.version,
    generation: last.generation,
  })
  await verifyFile(path, { keys: ringOf(last.to) })
  for (const name of ['a', 'b', 'c'].filter((other) => other !== last.to)) {
    await expect(verifyFile(path, { keys: ringOf(name) })).rejects.toMatchObject({ code: 'no-matching-key' })
  }
}
