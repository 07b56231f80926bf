import { appendFileSync } from 'node:fs'
import { isKeywrightError } from '@keywright/core'
import { inspectFile, rewrapFile } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'

const [path = '', log = '', to = '', rounds = ''] = process.argv.slice(2)
const from = ['a', 'b', 'c'].map((name) => memoryKek(name))

for (let round = 0; round < Number(rounds); round++) {
  const ifVersion = round % 3 === 0 ? (await inspectFile(path)).version : undefined
  try {
    const { generation, version } = await rewrapFile(path, {
      from,
      to: memoryKek(to),
      ifVersion,
      lockWaitMs: 60_000,
    })
    appendFileSync(log, `${JSON.stringify({ generation, version, to })}\n`)
  } catch (error) {
    // What the compare-and-swap is for: the other one was faster.
    if (!isKeywrightError(error, 'conflict') || error.details.field !== 'ifVersion') throw error
  }
  if (round === Math.floor(Number(rounds) / 2)) console.log('half')
}
