import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** What a tool said: `output` is empty when there is nothing to read. */
export type ToolResult = { ok: boolean; output: string }

/** Type checks every package, its tests and the tooling as one program, by the root tsconfig.json. */
export function types(root: string): ToolResult {
  return tool(root, 'typescript/bin/tsc', ['-b', '--pretty', 'false'])
}

/** Lints and checks the format; `fix` writes what can be repaired safely. A warning fails as an error does. */
export function lint(root: string, fix: boolean): ToolResult {
  const flags = [
    '--error-on-warnings',
    '--log-level=warn',
    '--no-errors-on-unmatched',
    '--max-diagnostics=50',
  ]
  return tool(root, '@biomejs/biome/bin/biome', ['check', ...flags, ...(fix ? ['--write'] : [])])
}

function tool(root: string, script: string, args: string[]): ToolResult {
  const result = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const ok = result.status === 0
  return { ok, output: ok ? '' : `${result.stdout}${result.stderr}`.trim() }
}
