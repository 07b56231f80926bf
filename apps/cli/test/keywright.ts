import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Inspection, keyring } from '@keywright/core'
import { inspectFile, sealFile } from '@keywright/files'
import { createKey, local } from '@keywright/local'
import { onTestFinished } from 'vitest'

export const bin: string = fileURLToPath(new URL('../bin/keywright.mjs', import.meta.url))

/** How one run of the command ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output as bytes. */
  readonly bytes: Buffer
  /** Standard output, one JSON document a line. */
  readonly documents: readonly Document[]
  /** The first of them. */
  readonly document: Document
}

// biome-ignore lint/suspicious/noExplicitAny: test documents are looked into freely
export type Document = Record<string, any>

export interface Place {
  /** An empty folder. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** A path in the folder. */
  readonly at: (...names: string[]) => string
  /** Runs the command in the folder. */
  readonly run: (...args: string[]) => Promise<Ended>
  readonly runWith: (options: RunOptions, ...args: string[]) => Promise<Ended>
  readonly start: (...args: string[]) => ReturnType<typeof spawn>
  /** Seals a file of the folder as `NAME.kw` without the command: for tests of what the command does with it. */
  readonly seal: (name: string, sealing?: Sealing) => Promise<void>
  /** The slots of a sealed file, read without the command. */
  readonly slots: (name: string) => Promise<readonly SlotInspection[]>
}

type SlotInspection = Inspection['groups'][number]['slots'][number]

/** How a file is sealed without the command. */
export interface Sealing {
  /** Names of local keys. Default: `a`. */
  readonly keys?: readonly string[]
  readonly context?: Readonly<Record<string, string>>
  readonly withhold?: readonly string[]
  readonly associatedData?: string
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** A folder of its own with keys of its own, gone when the test is. */
export async function newPlace(...keys: readonly string[]): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { KEYWRIGHT_PASSPHRASE: _, KEYWRIGHT_PASSPHRASE_FILE: __, KEYWRIGHT_DEBUG: ___, ...own } = process.env
  const env = { ...own, KEYWRIGHT_DATA_DIR: join(folder, 'data') }
  const start: Place['start'] = (...args) => spawn(process.execPath, [bin, ...args], { cwd: folder, env })
  const runWith: Place['runWith'] = (options, ...args) =>
    run({ cwd: folder, ...options, env: { ...env, ...options.env } }, args)
  const place: Place = {
    folder,
    env,
    at: (...names) => join(folder, ...names),
    start,
    runWith,
    run: (...args) => runWith({}, ...args),
    seal: async (name, { keys: names = ['a'], ...binding } = {}) => {
      const keks = names.map((key) => local({ key, folder: join(folder, 'data'), passphrase: false }))
      const keys = keyring({ seal: keks })
      await sealFile(join(folder, name), join(folder, `${name}.kw`), { keys, ...binding })
      await keys.close()
    },
    slots: async (name) => (await inspectFile(join(folder, name))).groups.flatMap(({ slots }) => slots),
  }
  for (const key of keys) await createKey({ key, folder: join(folder, 'data'), passphrase: false })
  return place
}

/** What a run gave that has to succeed; its output explains when it did not. */
export async function succeed(running: Promise<Ended>): Promise<Ended> {
  const ended = await running
  if (ended.code !== 0) throw new Error(`exit code ${ended.code}\n${ended.stdout}${ended.stderr}`)
  return ended
}

async function run({ input, env, cwd }: RunOptions, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: 'pipe' })
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  const [out, err]: Buffer[][] = [[], []]
  child.stdout.on('data', (piece: Buffer) => out?.push(piece))
  child.stderr.on('data', (piece: Buffer) => err?.push(piece))
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? -1))
  })
  const bytes = Buffer.concat(out ?? [])
  const stdout = bytes.toString()
  const parsed = (): readonly Document[] =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Document)
  return {
    code,
    stdout,
    stderr: Buffer.concat(err ?? []).toString(),
    bytes,
    get documents() {
      return parsed()
    },
    get document() {
      return parsed()[0] ?? {}
    },
  }
}
