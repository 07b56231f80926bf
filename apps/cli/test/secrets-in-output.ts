import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { newPlace } from './keywright.ts'

/**
 * Runs each command with secrets that it is given, and looks for them in all that it says.
 *
 * @param forms flags to run the command with, given its place in the list
 */
export async function lookForSecrets(forms: (at: number) => readonly (readonly string[])[]): Promise<void> {
  const place = await newPlace()
  const env = { KEYWRIGHT_PASSPHRASE: 'passphrase-needle', KEYWRIGHT_DEBUG: '1' }
  await writeFile(place.at('f'), 'content-needle')
  const seal = ['seal', 'f', '--key', 'local://a', '--associated-data', 'bound-needle'] as const
  const runs = [
    ['keys', 'create', 'a'],
    ['keys', 'list'],
    ['keys', 'describe', 'local://a'],
    [...seal],
    [...seal],
    ['inspect', 'f.kw'],
    ['verify', 'f.kw', '--key', 'local://a'],
    ['open', 'f.kw', '--key', 'local://a', '--out', 'g'],
    ['rewrap', 'f.kw', '--from', 'local://a', '--to', 'local://a'],
  ]
  let output = ''
  for (const [at, args] of runs.entries()) {
    for (const flags of forms(at)) {
      const { stdout, stderr } = await place.runWith({ env }, ...args, ...flags)
      output += stdout + stderr
    }
  }
  for (const needle of ['passphrase-needle', 'content-needle', 'bound-needle']) {
    const bytes = Buffer.from(needle)
    for (const form of [
      needle,
      bytes.toString('hex'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ]) {
      expect(output).not.toContain(form)
    }
  }
}
