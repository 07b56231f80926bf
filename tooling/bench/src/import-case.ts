import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { installPacked } from './installed.ts'
import { median, type Settings } from './measure.ts'

/** Starts of Node with one program each, in a project that installed the packed core. */
const programs = {
  bare: '',
  limit: "import 'node:crypto'; import 'node:timers/promises'",
  ours: "import '@keywright/core'",
} as const

async function run(settings: Settings): Promise<CaseResult> {
  const { folder, packages } = installPacked('core-consumer', ['packages/core'])
  for (const [name, program] of Object.entries(programs)) writeFileSync(join(folder, `${name}.mjs`), program)
  const startMs = (name: keyof typeof programs): number => {
    const startedMs = performance.now()
    const { status } = spawnSync(process.execPath, [join(folder, `${name}.mjs`)])
    if (status !== 0) throw new Error(`the program ${name} does not run`)
    return performance.now() - startedMs
  }
  // Differences within a round: a start of Node varies more from minute to minute than an import takes.
  const rounds = Array.from({ length: settings.processRounds }, () => {
    const bare = startMs('bare')
    return { bare, limit: startMs('limit') - bare, ours: startMs('ours') - bare }
  })
  return {
    id: 'import-core',
    unit: 'ms',
    ours: median(rounds.map(({ ours }) => ours)),
    limit: median(rounds.map(({ limit }) => limit)),
    peers: {},
    beside: {
      'installed-packages': packages,
      'bare-node-start-ms': median(rounds.map(({ bare }) => bare)),
    },
  }
}

/** A cold import of the packed core less a bare start of Node; the limit imports Node's own modules that core needs. */
export const importCase: BenchCase = { id: 'import-core', run }
