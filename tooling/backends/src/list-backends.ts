import { installation } from './install-backend.ts'
import { loadBackend } from './registry.ts'
import { readState } from './running-state.ts'

/** A backend as `pnpm backends list` shows it. */
export interface ListedBackend {
  readonly name: string
  readonly tier: number
  readonly version: string
  readonly about: string
  readonly state: 'running' | 'installed' | 'not installed' | 'missing'
  /** How to get what this machine lacks, where the state is `missing`. */
  readonly how?: string
}

/** Looks at each backend; nothing is fetched or started. */
export async function listBackends(names: readonly string[]): Promise<readonly ListedBackend[]> {
  const listed = await Promise.all(names.map(look))
  return listed.sort((a, b) => a.tier - b.tier || a.name.localeCompare(b.name))
}

async function look(name: string): Promise<ListedBackend> {
  const backend = await loadBackend(name)
  const { tier, version, about } = backend
  const shown = { name, tier, version, about }
  const running = readState(name)
  if (running !== undefined) return { ...shown, version: running.version, state: 'running' }
  if (installation(backend).complete) return { ...shown, state: 'installed' }
  const how = await backend.missing?.()
  return how === undefined ? { ...shown, state: 'not installed' } : { ...shown, state: 'missing', how }
}

/** The list as a table. */
export function listLines(listed: readonly ListedBackend[]): readonly string[] {
  const header = ['tier', 'name', 'version', 'state', 'about']
  const rows = listed.map(({ name, tier, version, about, state, how }) => [
    String(tier),
    name,
    version,
    state,
    how === undefined ? about : `${about}; ${how}`,
  ])
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
