import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Fence, fences } from './doc-fences.ts'
import type { ToolResult } from './tools.ts'
import type { Tree } from './tree.ts'

// How long one fence may run.
const timeoutMs = 60_000

/**
 * Type-checks every `ts` fence and runs every `ts run` and `sh run` fence, each in an empty folder with a data
 * folder of its own. `where` is a folder inside a package from which the fences' imports resolve; it is emptied.
 */
export function documents(tree: Tree, where: string): ToolResult {
  const all = fences(tree)
  const typed = all.filter(({ marking }) => marking === 'ts' || marking === 'ts run')
  rmSync(where, { recursive: true, force: true })
  try {
    const wrong = typed.length === 0 ? '' : compile(tree.root, where, typed)
    const failures = all.flatMap((fence) => {
      if (fence.marking === 'ts run') return run(tree.root, fence, process.execPath, [fileOf(where, fence)])
      if (fence.marking === 'sh run') return run(tree.root, fence, 'sh', ['-eu', '-c', fence.content])
      return []
    })
    const output = [wrong, ...failures].filter((text) => text !== '').join('\n')
    return { ok: output === '', output }
  } finally {
    rmSync(where, { recursive: true, force: true })
  }
}

// Blank lines before the content keep the compiler's line numbers those of the document.
function compile(root: string, where: string, typed: readonly Fence[]): string {
  mkdirSync(where, { recursive: true })
  for (const fence of typed) {
    writeFileSync(fileOf(where, fence), `${'\n'.repeat(fence.line - 1)}${fence.content}export {}\n`)
  }
  const compilerOptions = { composite: false, incremental: false, noEmit: true, noUnusedLocals: false }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(where, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', where, '--pretty', 'false'], {
    cwd: where,
    encoding: 'utf8',
  })
  if (result.status === 0) return ''
  return typed.reduce(
    (text, fence) => text.replaceAll(nameOf(fence), fence.path),
    `${result.stdout}${result.stderr}`,
  )
}

function run(root: string, fence: Fence, command: string, args: string[]): string[] {
  const cwd = mkdtempSync(join(tmpdir(), 'keywright-fence-'))
  try {
    const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`
    const env = { ...process.env, PATH: path, HOME: cwd, KEYWRIGHT_DATA_DIR: join(cwd, '.keys') }
    const options = { cwd, env, encoding: 'utf8', timeout: timeoutMs, input: '' } as const
    const { status, stdout, stderr } = spawnSync(command, args, options)
    return status === 0
      ? []
      : [`${fence.path}:${fence.line}: ended with ${status}\n${stdout}${stderr}`.trimEnd()]
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

function nameOf(fence: Fence): string {
  return `${fence.path.replaceAll(/[^\w]+/g, '-')}-${fence.line}.ts`
}

function fileOf(where: string, fence: Fence): string {
  return join(where, nameOf(fence))
}
