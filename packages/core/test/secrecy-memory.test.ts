import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

/** Where a piece of memory is read at a time, in bytes. */
const pieceBytes = 4 * 1024 * 1024

/** Counts how often bytes stand in the readable and writable memory of a process. */
async function countInMemory(pid: number, wanted: Uint8Array): Promise<number> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8')
  const memory = await open(`/proc/${pid}/mem`, 'r')
  const buffer = Buffer.alloc(pieceBytes)
  let found = 0
  try {
    for (const line of maps.split('\n')) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)
      if (match === null) continue
      const [from, end] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)]
      // Pieces overlap by less than the wanted bytes, so that none is missed and none counted twice.
      for (let at = from; at < end; at += pieceBytes - wanted.length + 1) {
        const { bytesRead } = await memory
          .read(buffer, 0, Math.min(pieceBytes, end - at), at)
          .catch(() => ({ bytesRead: 0 }))
        const piece = buffer.subarray(0, bytesRead)
        for (let hit = piece.indexOf(wanted); hit >= 0; hit = piece.indexOf(wanted, hit + 1)) found++
      }
    }
  } finally {
    await memory.close()
  }
  return found
}

/** Runs the child until it has closed its keyring, and looks for its DEK. */
async function hitsInChild(mode: 'drop' | 'keep'): Promise<number> {
  const mask = randomBytes(32)
  const file = new URL('./planted-key-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [file, mask.toString('hex'), mode], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    const { pid } = child
    if (pid === undefined) throw new Error('the child has no id')
    return await countInMemory(
      pid,
      mask.map((byte) => byte ^ 0xff),
    )
  } finally {
    child.stdin.end('done\n')
    await once(child, 'exit')
  }
}

test.runIf(process.platform === 'linux')(
  'a DEK is nowhere in the memory of a process that closed its keyring',
  async () => {
    expect(await hitsInChild('drop')).toBe(0)
  },
)

test.runIf(process.platform === 'linux')('the search finds a DEK that is kept', async () => {
  expect(await hitsInChild('keep')).toBeGreaterThan(0)
})
