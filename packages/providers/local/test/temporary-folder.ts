import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyContext } from '@keywright/core'
import { onTestFinished } from 'vitest'

/** A data folder of the test's own, outside of every working tree, removed at its end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-local-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Path of a key's file in a data folder. */
export function keyPath(folder: string, name = 'default'): string {
  return join(folder, 'keys', `${name}.json`)
}

/** A context whose digest is one byte, 32 times: drivers only compare it. */
export function contextOf(byte: number): KeyContext {
  return { role: 'dek', pairs: {}, digest: new Uint8Array(32).fill(byte) }
}

/** The code of what a promise is rejected with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'no error'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

/** Sets environment variables for one test; undefined unsets. */
export function setEnvironment(variables: Record<string, string | undefined>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  const apply = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  for (const [name, value] of Object.entries(variables)) apply(name, value)
  onTestFinished(() => {
    for (const [name, value] of before) apply(name, value)
  })
}
