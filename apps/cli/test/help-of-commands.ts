import { expect } from 'vitest'
import { newPlace, succeed } from './keywright.ts'

export const commands = [
  'init',
  'seal',
  'open',
  'rewrap',
  'reseal',
  'verify',
  'lock-out',
  'inspect',
  'keys',
  'doctor',
  'completion',
] as const

/** Asks a command for its help. */
export async function tellsItsFlags(name: string): Promise<void> {
  const { stdout } = await succeed((await newPlace()).run(name, '--help'))
  expect(stdout).toContain(`keywright ${name}`)
  expect(stdout).toContain('--help')
}
