import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startBackend } from '@keywright/backends'
import { expect, test } from 'vitest'
import { situations } from './return-codes.ts'

const run = promisify(execFile)
const swtpm = await startBackend('swtpm')

// Not the suite: without a resource manager a TPM has room for a key or two. The module's libraries are found only by a
// process that was started with this environment.
test.runIf(swtpm !== undefined)(
  'a TPM unwraps, and goes on after a refusal because its session is closed',
  async () => {
    const program = fileURLToPath(new URL('programs/swtpm-token.ts', import.meta.url))
    const env = { ...process.env, ...swtpm?.environment }
    const { stdout } = await run(process.execPath, [program], { env })
    const row = situations.find(({ answers }) => answers.swtpm !== undefined)?.answers.swtpm
    expect(JSON.parse(stdout)).toEqual({
      protectionLevel: 'hsm',
      unwraps: ['right', row?.code, 'right'],
      // The third is OPERATION_ACTIVE: bare, the session is of no more use.
      bare: [0, row?.rv, 0x90],
    })
  },
)
