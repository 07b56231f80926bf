import type { CaseResult } from './bench-case.ts'
import { overheadCasesOfAll } from './overhead-cases.ts'

/** A figure that the project set itself. Judged and printed, never asserted: machines differ. */
export interface Target {
  readonly id: string
  readonly text: string
  /** The figure reached, and whether that is enough; undefined where the case has no figure of ours. */
  readonly judge: (result: CaseResult) => { readonly figure: string; readonly reached: boolean } | undefined
}

function timesPeer(id: string, peer: string, wanted: number): Target {
  return {
    id,
    text: `at least ${wanted} times ${peer}`,
    judge: ({ ours, peers, limit }) => {
      const theirs = peers[peer]
      if (ours === null || theirs === undefined) return undefined
      const times = theirs / ours
      const most = theirs / limit
      return {
        figure: `${times.toFixed(1)} (the limit itself: ${most.toFixed(1)})`,
        reached: times >= wanted,
      }
    },
  }
}

function timesLimit(id: string, wanted: number): Target {
  return {
    id,
    text: `at most ${wanted} times the bare sequence`,
    judge: ({ ours, limit }) =>
      ours === null ? undefined : { figure: (ours / limit).toFixed(2), reached: ours <= wanted * limit },
  }
}

function shareOfLimit(id: string, wanted: number): Target {
  return {
    id,
    text: `at least ${Math.round(wanted * 100)} % of the limit`,
    judge: ({ ours, limit }) =>
      ours === null
        ? undefined
        : { figure: `${((100 * ours) / limit).toFixed(0)} %`, reached: ours >= wanted * limit },
  }
}

function besideAtMost(id: string, name: string, wanted: number, text: string): Target {
  return {
    id,
    text,
    judge: ({ ours, beside }) => {
      const figure = beside?.[name]
      if (ours === null || figure === undefined) return undefined
      return { figure: figure.toFixed(figure < 10 ? 2 : 0), reached: figure <= wanted }
    },
  }
}

/** What a provider adds to its service's client: a tenth, or a fifth of a millisecond. */
function overhead(id: string): readonly Target[] {
  const enough = (added: number, percent: number): boolean => percent <= 10 || added <= 200
  return [
    {
      id,
      text: 'at most 10 % or 0.2 ms over the SDK, with 64 under way too',
      judge: ({ ours, limit, beside = {} }) => {
        if (ours === null) return undefined
        const { 'at-64-us': ours64 = Number.NaN, 'at-64-bare-us': limit64 = Number.NaN } = beside
        const [one, many] = [100 * (ours / limit - 1), 100 * (ours64 / limit64 - 1)]
        return {
          figure: `${one.toFixed(1)} % (${(ours - limit).toFixed(0)} us), at 64 ${many.toFixed(1)} % (${(ours64 - limit64).toFixed(0)} us)`,
          reached: enough(ours - limit, one) && enough(ours64 - limit64, many),
        }
      },
    },
    {
      id,
      text: 'at most 10 % of the time from call to call, 64 under way and the thread never idle',
      judge: ({ ours, beside }) => {
        const percent = beside?.['busy-64-overhead-percent']
        if (ours === null || percent === undefined) return undefined
        return { figure: `${percent.toFixed(1)} %`, reached: percent <= 10 }
      },
    },
  ]
}

/** All targets, in the order of the cases. */
export const targets: readonly Target[] = [
  ...['seal-1KiB-cached', 'open-1KiB-cached'].flatMap((id) => [
    timesPeer(id, 'esdk-default', 60),
    timesPeer(id, 'esdk-unsigned', 25),
    timesLimit(id, 1.6),
  ]),
  ...['seal-64MiB-fresh', 'seal-64MiB-cached', 'open-64MiB-fresh', 'open-64MiB-cached'].map((id) =>
    shareOfLimit(id, 0.9),
  ),
  ...['seal-1GiB-file', 'open-1GiB-file'].flatMap((id) => [
    shareOfLimit(id, 0.9),
    besideAtMost(id, 'peak-memory-MiB', 150, 'resident memory under 150 MiB'),
  ]),
  besideAtMost('rewrap-in-place', 'large-over-small-x', 1.5, 'independent of file size (1 GiB over 1 MiB)'),
  {
    id: 'threads-2',
    text: 'at least 1.7 where the bare loop reaches 1.8, else as much of it',
    judge: ({ ours, limit }) =>
      ours === null
        ? undefined
        : {
            figure: `${ours.toFixed(2)} (bare ${limit.toFixed(2)})`,
            // Where two threads give the bare loop less, the same share of what they give.
            reached: ours >= Math.min(1.7, (limit * 1.7) / 1.8),
          },
  },
  {
    id: 'import-core',
    text: 'at most 15 ms',
    judge: ({ ours }) =>
      ours === null ? undefined : { figure: `${ours.toFixed(1)} ms`, reached: ours <= 15 },
  },
  ...['aws-kms', 'gcp-kms', 'azure-key-vault', 'vault-transit', 'pkcs11'].map((provider) => ({
    id: `import-${provider}`,
    text: 'at most 10 ms, core included',
    judge: ({ ours }: CaseResult) =>
      ours === null ? undefined : { figure: `${ours.toFixed(1)} ms`, reached: ours <= 10 },
  })),
  besideAtMost(
    'seal-1000-tenants',
    'calls-per-tenant',
    1,
    'one key-manager call a tenant, counted at the server',
  ),
  ...overheadCasesOfAll.flatMap(({ id }) => overhead(id)),
  {
    id: 'pkcs11-unwrap',
    text: 'at least 70 % of what pkcs11js reaches, 64 under way',
    judge: ({ ours, limit }) =>
      ours === null
        ? undefined
        : { figure: `${((100 * limit) / ours).toFixed(0)} %`, reached: limit >= 0.7 * ours },
  },
  besideAtMost('import-core', 'installed-packages', 3, 'at most 3 packages installed'),
]
