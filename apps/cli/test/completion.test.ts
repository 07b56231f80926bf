import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { commands } from './help-of-commands.ts'
import { bin, newPlace, type Place, succeed } from './keywright.ts'

const shell = (name: string): string | undefined =>
  ['/bin', '/usr/bin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path))
const bash = shell('bash')
const zsh = shell('zsh')
const fish = shell('fish')

let completion: string | undefined

/** What a shell offers for a line that the user has typed up to its end. */
async function bashOffers(place: Place, line: string): Promise<readonly string[]> {
  completion ??= (await succeed(place.run('completion', 'bash'))).stdout
  await commandOnPath(place)
  const words = line.split(' ')
  const typed = words.map((word) => `'${word}'`).join(' ')
  const script = `${completion}
COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}
_keywright
printf '%s\\n' "\${COMPREPLY[@]}"`
  return offersOf(place, bash, script)
}

async function commandOnPath(place: Place): Promise<void> {
  await mkdir(place.at('bin'), { recursive: true })
  await writeFile(place.at('bin/keywright'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
  await chmod(place.at('bin/keywright'), 0o755)
}

function offersOf(place: Place, path: string | undefined, script: string): readonly string[] {
  const env = { ...place.env, PATH: `${place.at('bin')}:${place.env['PATH']}` }
  const { stdout, stderr, status } = spawnSync(path ?? '', ['-c', script], {
    cwd: place.folder,
    env,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.split('\n').filter((word) => word !== '')
}

test.runIf(bash)('bash completes commands, subcommands, flags and shells', async () => {
  const place = await newPlace()
  expect(await bashOffers(place, 'keywright re')).toEqual(['rewrap', 'reseal'])
  expect(await bashOffers(place, 'keywright keys ')).toEqual(['list', 'create', 'rotate', 'describe'])
  expect(await bashOffers(place, 'keywright seal --wi')).toEqual(['--withhold'])
  expect(await bashOffers(place, 'keywright rewrap --rec')).toEqual(['--receipts'])
  expect(await bashOffers(place, 'keywright lock-out --fr')).toEqual(['--from'])
  expect(await bashOffers(place, 'keywright keys create --passphrase-')).toEqual(['--passphrase-file'])
  expect(await bashOffers(place, 'keywright completion z')).toEqual(['zsh'])
})

test.runIf(bash)('bash completes the URIs of local keys, after the colon too', async () => {
  const place = await newPlace('orders', 'other')
  expect(await bashOffers(place, 'keywright seal f --key ')).toEqual(['local://orders', 'local://other'])
  expect(await bashOffers(place, 'keywright seal f --key local://or')).toEqual(['//orders'])
  expect(await bashOffers(place, 'keywright doctor ')).toEqual(['local://orders', 'local://other'])
  expect(await bashOffers(place, 'keywright keys describe ')).toEqual(['local://orders', 'local://other'])
})

test.runIf(bash)('bash completes files', async () => {
  const place = await newPlace()
  await writeFile(place.at('report.txt'), '')
  expect(await bashOffers(place, 'keywright seal rep')).toEqual(['report.txt'])
  expect(await bashOffers(place, 'keywright seal x --out rep')).toEqual(['report.txt'])
  expect(await bashOffers(place, 'keywright lock-out rep')).toEqual(['report.txt'])
})

test.runIf(zsh)('zsh accepts its completion', async () => {
  const place = await newPlace()
  const { stdout } = await succeed(place.run('completion', 'zsh'))
  offersOf(place, zsh, `autoload -U compinit; compinit -D; ${stdout}`)
})

test.runIf(fish)('fish completes commands', async () => {
  const place = await newPlace()
  const { stdout } = await succeed(place.run('completion', 'fish'))
  await commandOnPath(place)
  expect(
    offersOf(place, fish, `${stdout}\ncomplete -C 'keywright re' | string replace -r '\\t.*' ''`),
  ).toEqual(['reseal', 'rewrap'])
})

test.each(['bash', 'zsh', 'fish'])('the completion of %s names every command', async (name) => {
  const { stdout } = await succeed((await newPlace()).run('completion', name))
  for (const command of commands) {
    expect(stdout).toContain(command)
  }
})
