import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Backend } from './backend.ts'

/** The folder that holds one folder for each backend. */
export const backendsFolder: string = join(import.meta.dirname, '..')

/** Names of all backends: the folders with a `backend.ts`. */
export function backendNames(): readonly string[] {
  const folders = globSync('*/backend.ts', { cwd: backendsFolder }).map(dirname)
  // `src/backend.ts` is the interface.
  return folders.filter((name) => name !== 'src').sort()
}

/**
 * Loads one backend's definition.
 *
 * @throws Error when there is none of that name
 */
export async function loadBackend(name: string): Promise<Backend> {
  const names = backendNames()
  if (!names.includes(name)) {
    throw new Error(`There is no backend named ${name}. There are: ${names.join(', ')}.`)
  }
  const file = pathToFileURL(join(backendsFolder, name, 'backend.ts')).href
  const { backend } = (await import(file)) as { backend: Backend }
  return backend
}
