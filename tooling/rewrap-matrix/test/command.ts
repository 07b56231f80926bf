import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { keyring } from '@keywright/core'
import { sealFile } from '@keywright/files'
import { onTestFinished } from 'vitest'
import type { KeyManager, ManagedKey } from '../src/key-managers/key-manager.ts'

const bin = join(import.meta.dirname, '../../../apps/cli/bin/keywright.mjs')

// biome-ignore lint/suspicious/noExplicitAny: test documents are looked into freely
type Document = Record<string, any>

/** How one run of the command ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** How one run is made. */
export interface RunOptions {
  /** Added to its environment. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Its standard input; none where it is left out. */
  readonly input?: string | undefined
}

/** The command in a folder of its own, with what finds the key managers in its environment and nothing else of ours. */
export interface Command {
  readonly folder: string
  readonly start: (...args: readonly string[]) => ChildProcess
  readonly run: (...args: readonly string[]) => Promise<Ended>
  readonly runWith: (options: RunOptions, ...args: readonly string[]) => Promise<Ended>
  /** A run with `--json` that has to succeed: its documents, without the summary. */
  readonly documents: (...args: readonly string[]) => Promise<readonly Document[]>
  /** The first of them. */
  readonly document: (...args: readonly string[]) => Promise<Document>
  /** Seals `f` as `f.kw` without the command: for tests of what the command does with it. */
  readonly seal: (key: ManagedKey) => Promise<void>
}

/**
 * @param managers that it is to reach
 */
export async function command(managers: Iterable<KeyManager>): Promise<Command> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-matrix-command-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const env = { ...process.env }
  for (const { environment } of managers) Object.assign(env, environment)
  const runWith: Command['runWith'] = async (options, ...args) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { ...env, ...options.env },
      stdio: 'pipe',
    })
    child.stdin.end(options.input ?? '')
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject).on('close', (status) => resolve(status ?? -1))
    })
    return { code, stdout, stderr }
  }
  const run: Command['run'] = (...args) => runWith({}, ...args)
  const documents: Command['documents'] = async (...args) => {
    const { code, stdout, stderr } = await run(...args, '--json')
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}${stderr}`)
    return documentsOf(stdout)
  }
  return {
    folder,
    runWith,
    documents,
    start: (...args) => spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: 'ignore' }),
    run,
    seal: async (key) => {
      await writeFile(join(folder, 'f'), 'content')
      const keys = keyring({ seal: [key.kek()] })
      await sealFile(join(folder, 'f'), join(folder, 'f.kw'), { keys })
      await keys.close()
    },
    document: async (...args) => (await documents(...args))[0] ?? {},
  }
}

/** What `--json` printed, without the summary. */
export function documentsOf(stdout: string): readonly Document[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Document).filter(({ summary }) => summary === undefined)
}
