import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { install } from '@keywright/tooling-tarballs/src/consumer.ts'
import { packPackage } from '@keywright/tooling-tarballs/src/pack-workspace.ts'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { benchFolder } from './bench-kek.ts'
import { type Contestant, measure, type Settings } from './measure.ts'

const start = promisify(execFile)

/** Starts of Node with one program each, in a project that installed the packed core. */
const programs = {
  ours: "import '@keywright/core'",
  limit: "import 'node:crypto'; import 'node:timers/promises'",
  bare: '',
} as const

async function run(settings: Settings): Promise<CaseResult> {
  const destination = join(benchFolder, 'tarballs')
  mkdirSync(destination, { recursive: true })
  const core = packPackage('packages/core', destination)
  const { folder, installed } = install(join(benchFolder, 'consumer'), [core], [core])
  const contestants = Object.entries(programs).map(([name, program]): Contestant => {
    const path = join(folder, `${name}.mjs`)
    writeFileSync(path, program)
    return { name, run: () => start(process.execPath, [path]) }
  })
  const timings = await measure(contestants, settings)
  const ms = (name: string): number => timings.get(name)?.medianMs ?? Number.NaN
  return {
    id: 'import-core',
    unit: 'ms',
    ours: ms('ours') - ms('bare'),
    limit: ms('limit') - ms('bare'),
    peers: {},
    beside: { 'installed-packages': installed.length, 'bare-node-start-ms': ms('bare') },
  }
}

/** A cold import of the packed core less a bare start of Node; the limit imports Node's own modules that core needs. */
export const importCase: BenchCase = { id: 'import-core', run }
