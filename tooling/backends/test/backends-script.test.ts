import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test, vi } from 'vitest'
import { identityOf } from '../src/process-identity.ts'

const script = join(import.meta.dirname, '../src/main.ts')
const places: Place[] = []
afterAll(() => {
  for (const place of places) {
    backends(place, 'stop')
    rmSync(place.folder, { recursive: true, force: true })
  }
})

/** Running backends of a test's own, and a folder for what they write to the temporary one. */
interface Place {
  readonly folder: string
  readonly state: string
  readonly temporary: string
}

function newPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'keywright-backends-'))
  const place = { folder, state: join(folder, 'state'), temporary: join(folder, 'temporary') }
  for (const name of [place.state, place.temporary]) mkdirSync(name)
  places.push(place)
  return place
}

function backends(
  place: Place,
  ...args: string[]
): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, KEYWRIGHT_BACKENDS_STATE: place.state, TMPDIR: place.temporary }
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env })
}

/** Numbers of the processes that carry the place's state folder in their environment; only Linux tells. */
function processesOf(place: Place): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(place.state)
    } catch {
      return false
    }
  })
}

function stateOf(place: Place): { keeper: { pid: number } } {
  return JSON.parse(readFileSync(join(place.state, 'emulators.json'), 'utf8'))
}

test('a started backend prints its environment, is listed, can be asked again and stops', async () => {
  const place = newPlace()
  const started = backends(place, 'start', 'emulators')
  expect(started.status).toBe(0)
  expect(started.stdout).toMatch(/^export VAULT_ADDR='http:\/\/127\.0\.0\.1:\d+'$/m)
  expect(backends(place, 'env').stdout).toBe(started.stdout)
  expect(backends(place, 'start', 'emulators').stdout).toBe(started.stdout)
  const { environment } = JSON.parse(backends(place, 'env', 'emulators', '--json').stdout)
  const answer = await fetch(`${environment.VAULT_ADDR}/v1/sys/health`)
  expect(answer.ok).toBe(true)
  const [listed] = JSON.parse(backends(place, 'list', 'emulators', '--json').stdout)
  expect(listed).toMatchObject({ name: 'emulators', tier: 1, state: 'running' })
  expect(backends(place, 'stop', 'emulators').status).toBe(0)
})

test.runIf(process.platform === 'linux')(
  'a stopped backend leaves nothing behind: no process, no file',
  async () => {
    const place = newPlace()
    backends(place, 'start', 'emulators')
    expect(processesOf(place).length).toBeGreaterThan(0)
    expect(readdirSync(place.temporary)).not.toEqual([])
    expect(backends(place, 'stop').status).toBe(0)
    expect(readdirSync(place.temporary)).toEqual([])
    expect(readdirSync(place.state)).toEqual([])
    await vi.waitFor(() => expect(processesOf(place)).toEqual([]), { timeout: 10_000 })
  },
)

test('two starts at once are one', async () => {
  const place = newPlace()
  const env = { ...process.env, KEYWRIGHT_BACKENDS_STATE: place.state, TMPDIR: place.temporary }
  const start = promisify(execFile)
  const args = [script, 'start', 'emulators']
  const [one, other] = await Promise.all([1, 2].map(() => start(process.execPath, args, { env })))
  expect(one?.stdout).toContain('VAULT_ADDR')
  expect(other?.stdout).toBe(one?.stdout)
})

test('a backend whose keeper was killed leaves nothing behind, and can be started again', async () => {
  const place = newPlace()
  backends(place, 'start', 'emulators')
  process.kill(stateOf(place).keeper.pid, 'SIGKILL')
  await vi.waitFor(() => expect(readdirSync(place.temporary)).toEqual([]), { timeout: 10_000 })
  expect(backends(place, 'env', 'emulators').status).toBe(1)
  expect(backends(place, 'start', 'emulators').status).toBe(0)
})

test('a state whose process number now belongs to another process is of nothing that runs', () => {
  const place = newPlace()
  const keeper = { ...identityOf(process.pid), began: 'long ago' }
  const state = { name: 'emulators', version: '1', environment: { X: '1' }, keeper }
  writeFileSync(join(place.state, 'emulators.json'), JSON.stringify(state))
  expect(backends(place, 'env').stdout).toBe('')
  expect(backends(place, 'stop').status).toBe(0)
  expect(identityOf(process.pid)).toBeDefined()
})

test('a state that is cut off is of nothing that runs', () => {
  const place = newPlace()
  writeFileSync(join(place.state, 'emulators.json'), '{"name":"emul')
  expect(backends(place, 'stop').status).toBe(0)
  expect(readdirSync(place.state)).toEqual([])
})

test.each([
  ['an unknown command', ['begin']],
  ['an unknown backend', ['start', 'acme']],
  ['an unknown option', ['list', '--loud']],
  ['no command', []],
])('%s ends with 2', (_, args) => {
  expect(backends(newPlace(), ...args).status).toBe(2)
})

test('every backend is listed with tier, version and state', () => {
  const listed = JSON.parse(backends(newPlace(), 'list', '--json').stdout)
  const folders = readdirSync(join(import.meta.dirname, '..'))
  for (const name of ['emulators', 'moto', 'vault-transit']) expect(folders).toContain(name)
  for (const { name, tier, version, state } of listed) {
    expect(folders).toContain(name)
    expect([1, 2, 3]).toContain(tier)
    expect(version).not.toBe('')
    expect(['running', 'installed', 'not installed', 'missing']).toContain(state)
  }
})

test('what a machine lacks is one line in the list', () => {
  const place = newPlace()
  const env = { PATH: place.folder, KEYWRIGHT_BACKENDS_STATE: place.state }
  const args = [script, 'list', 'moto', '--json']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  const [{ state, how }] = JSON.parse(stdout)
  if (state !== 'installed') expect(how).toContain('python3-venv')
})
