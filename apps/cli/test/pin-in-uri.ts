import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { newPlace } from './keywright.ts'

/** Key URIs with a PIN, which standard tools accept and which would end in a shell's history. */
export const pinUris = [
  'pkcs11:object=k?pin-value=1234',
  'pkcs11:object=k?pin%2dvalue=1234',
  'pkcs11:object=k?PIN-VALUE=1234',
] as const

/** Commands that take a key URI, each its own way. */
export const pinCommands: readonly ((uri: string) => readonly string[])[] = [
  (uri) => ['seal', 'f', '--key', uri],
  (uri) => ['keys', 'describe', uri],
  (uri) => ['lock-out', 'f', '--from', uri],
  (uri) => ['rewrap', 'f', '--from', uri, '--to', uri],
]

/** Runs the command, which has to refuse the URI without a word of the PIN. */
export async function refusesPin(
  uri: string,
  command: (typeof pinCommands)[number] | undefined,
): Promise<void> {
  const place = await newPlace()
  await writeFile(place.at('f'), 'content')
  const ended = await place.run(...(command?.(uri) ?? []))
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('PIN')
  expect(ended.stderr).not.toContain('1234')
}
