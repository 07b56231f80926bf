import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type Fence, fences } from './doc-fences.ts'
import { type KeyManager, keyManagers } from './key-managers.ts'
import type { FenceStep } from './run-document.ts'
import { type Surroundings, startAll } from './surroundings.ts'
import type { ToolResult } from './tools.ts'
import type { Tree } from './tree.ts'

// How long the fences of one document may run.
const timeoutMs = 60_000

/**
 * Type-checks every `ts` fence, all in one compiler run, and runs every `ts run` and `sh run` fence: one process for
 * each document, fences in their order, in an empty folder and with a data folder of the document's own. `where` is
 * a folder inside a package from which the fences' imports resolve; a folder in it is made and removed. A document
 * whose fences run with key managers has stand-ins of its own for them while it runs; where one cannot be had on this
 * machine, the document is not run, which is told, and in CI a failure.
 */
export async function documents(
  tree: Tree,
  where: string,
  startable: ReadonlyMap<string, KeyManager> = keyManagers,
): Promise<ToolResult> {
  const all = fences(tree)
  mkdirSync(where, { recursive: true })
  const folder = mkdtempSync(join(where, 'run-'))
  try {
    const typed = all.filter(({ marking }) => marking === 'ts' || marking === 'ts run')
    for (const fence of typed) {
      mkdirSync(dirname(fileOf(folder, fence)), { recursive: true })
      writeFileSync(fileOf(folder, fence), source(fence))
    }
    const wrong = typed.length === 0 ? '' : compile(tree.root, folder, typed)
    const runnable = all.filter(({ marking }) => marking.endsWith(' run'))
    const paths = [...new Set(runnable.map(({ path }) => path))]
    const notRun: string[] = []
    const failures = await inTurns(paths, async (path) => {
      const own = runnable.filter((fence) => fence.path === path)
      const names = new Set(own.flatMap((fence) => fence.with))
      const around = await startAll(names, startable)
      if ('missing' in around) {
        notRun.push(`${path}: not run, ${around.missing}`)
        return process.env['CI'] === 'true' ? `${path}: ${around.missing}` : ''
      }
      try {
        return await runDocument(
          tree.root,
          path,
          own.map((fence) => step(folder, fence)),
          around,
        )
      } finally {
        await around.stop()
      }
    })
    const problems = [wrong, ...failures].filter((text) => text !== '')
    return { ok: problems.length === 0, output: [...problems, ...notRun].join('\n') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Blank lines before the content keep the compiler's line numbers those of the document.
function source({ line, content }: Fence): string {
  return `${'\n'.repeat(line - 1)}${content}export {}\n`
}

function compile(root: string, folder: string, typed: readonly Fence[]): string {
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (result.status === 0) return ''
  return typed.reduce(
    (text, fence) => text.replaceAll(nameOf(fence), fence.path),
    `${result.stdout}${result.stderr}`,
  )
}

function step(folder: string, fence: Fence): FenceStep {
  const { path, line, content } = fence
  const run = fence.marking === 'ts run' ? { file: fileOf(folder, fence) } : { script: content }
  return { where: `${path}:${line}`, ...run, content }
}

/** What went wrong while a document's fences ran; empty when nothing did. */
async function runDocument(
  root: string,
  path: string,
  steps: readonly FenceStep[],
  { environment }: Pick<Surroundings, 'environment'>,
): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'keywright-document-'))
  const cwd = join(home, 'work')
  mkdirSync(cwd)
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('KEYWRIGHT_'))
  const env = {
    ...Object.fromEntries(own),
    PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    KEYWRIGHT_DATA_DIR: join(home, 'keys'),
    ...environment,
  }
  try {
    const runner = join(import.meta.dirname, 'run-document.ts')
    const child = spawn(process.execPath, [runner], { cwd, env, timeout: timeoutMs })
    child.stdin.end(JSON.stringify(steps))
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
    if (code === 0) return ''
    return code === null ? `${path}: stopped after ${timeoutMs / 1000} s\n${output}` : output.trimEnd()
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function inTurns<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<string>,
): Promise<string[]> {
  const results: string[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}

// A folder for each document, where a fence can import another that has a name.
function nameOf({ path, line, file = `line-${line}.ts` }: Fence): string {
  return `${path.replaceAll(/[^\w]+/g, '-')}/${file}`
}

function fileOf(folder: string, fence: Fence): string {
  return join(folder, nameOf(fence))
}
