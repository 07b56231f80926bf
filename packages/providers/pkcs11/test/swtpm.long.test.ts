import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openBackend, startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { situations } from './return-codes.ts'
import { rowsOf } from './situation.ts'

const run = promisify(execFile)
const swtpm = await startBackend('swtpm')

/**
 * The lines of a program of its own, with a TPM of its own: the module finds its libraries only in a process that began
 * with this environment, and a key that is destroyed leaves the TPM no room for another.
 */
async function printedBy(program: string, ...words: readonly string[]): Promise<unknown[]> {
  const { environment, stop } = await openBackend('swtpm')
  try {
    const file = fileURLToPath(new URL(`programs/${program}`, import.meta.url))
    const env = { ...process.env, ...environment }
    const { stdout } = await run(process.execPath, [file, ...words], { env })
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  } finally {
    await stop()
  }
}

interface CaseLine {
  readonly id: string
  readonly result: 'pass' | 'skip' | 'fail'
  readonly reason: string
}

describe.runIf(swtpm !== undefined)('on a TPM', async () => {
  if (swtpm === undefined) return
  for (const { id, result, reason } of (await printedBy('swtpm-suite.ts')) as CaseLine[]) {
    test(id, ({ skip }) => {
      if (result === 'skip') skip(reason)
      expect([result, reason]).toEqual(['pass', ''])
    })
  }

  test.each(rowsOf('swtpm', situations))('$situation', async ({ situation, answer }) => {
    expect(await printedBy('swtpm-situation.ts', situation)).toEqual([answer])
  })

  test('a TPM unwraps, and goes on after a refusal because its session is closed', async () => {
    const row = situations.find(({ answers }) => answers.swtpm !== undefined)?.answers.swtpm
    expect(await printedBy('swtpm-token.ts')).toEqual([
      {
        protectionLevel: 'hsm',
        unwraps: ['right', row?.code, 'right'],
        // The third is OPERATION_ACTIVE: bare, the session is of no more use.
        bare: [0, row?.rv, 0x90],
      },
    ])
  })
})
