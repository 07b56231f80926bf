import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCase, CaseResult } from './bench-case.ts'
import { installPacked } from './installed.ts'
import { median, type Settings } from './measure.ts'

const providers = ['aws-kms', 'gcp-kms', 'azure-key-vault', 'vault-transit', 'pkcs11'] as const

/** A package to import, in a project that installed its tarball and those of what it needs of ours. */
interface Subject {
  readonly id: string
  readonly name: string
  readonly folders: readonly string[]
}

async function run({ id, name, folders }: Subject, settings: Settings): Promise<CaseResult> {
  const { folder, packages } = installPacked(`${id}-consumer`, folders)
  const programs = {
    bare: '',
    limit: "import 'node:crypto'; import 'node:timers/promises'",
    ours: `import '${name}'`,
  } as const
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
    id,
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

const core: Subject = { id: 'import-core', name: '@keywright/core', folders: ['packages/core'] }
const ofProviders = providers.map(
  (provider): Subject => ({
    id: `import-${provider}`,
    name: `@keywright/${provider}`,
    folders: ['packages/core', 'packages/resilience', `packages/providers/${provider}`],
  }),
)

/**
 * A cold import of a packed package with core, less a bare start of Node; the limit imports Node's own modules that core
 * needs. A provider's SDK is installed beside it, and is not loaded by this.
 */
export const importCases: readonly BenchCase[] = [core, ...ofProviders].map((subject) => ({
  id: subject.id,
  run: (settings) => run(subject, settings),
}))
