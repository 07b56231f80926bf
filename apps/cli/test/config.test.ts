import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { inspectFile } from '@keywright/files'
import { createKey } from '@keywright/local'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { ConfigFileError } from '../src/config/config-problem.ts'
import { parseConfig } from '../src/config/parse-config.ts'
import { newPlace, type Place, succeed } from './keywright.ts'

async function withConfig(text: string): Promise<Place> {
  const place = await newPlace('a')
  await writeFile(place.at('keywright.config.json'), text)
  await writeFile(place.at('f'), 'content')
  return place
}

async function newKeys(place: Place, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await createKey({ key, folder: place.at('data'), passphrase: false })
}

const ring = (text: string): string => `{\n  "keyrings": {\n    "default": {\n      ${text}\n    }\n  }\n}\n`

test('init writes a file that its schema accepts, and makes the key', async () => {
  const place = await newPlace()
  const { document } = await succeed(place.run('init', '--json'))
  expect(document).toMatchObject({ status: 'created', key: 'local://default', keyCreated: true })
  const config: object = JSON.parse(await readFile(place.at('keywright.config.json'), 'utf8'))
  const schema: object = JSON.parse(
    await readFile(new URL('../schema/keywright.config.schema.json', import.meta.url), 'utf8'),
  )
  expect(new Ajv({ strict: false }).validate(schema, config)).toBe(true)
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f'))
  await succeed(place.run('open', 'f.kw', '--out', 'g'))
})

test('init names the schema that is installed, and none that is not', async () => {
  const installed = await newPlace()
  await mkdir(installed.at('node_modules/keywright/schema'), { recursive: true })
  await writeFile(installed.at('node_modules/keywright/schema/keywright.config.schema.json'), '{}')
  const alone = await newPlace()
  const named: unknown[] = []
  for (const place of [installed, alone]) {
    await succeed(place.run('init'))
    const config: Record<string, unknown> = JSON.parse(
      await readFile(place.at('keywright.config.json'), 'utf8'),
    )
    named.push(config['$schema'])
  }
  expect(named).toEqual(['./node_modules/keywright/schema/keywright.config.schema.json', undefined])
})

test('init replaces a config file only with --force and keeps a key that is there', async () => {
  const place = await newPlace()
  await succeed(place.run('init'))
  expect((await place.run('init')).code).toBe(1)
  const { document } = await succeed(place.run('init', '--force', '--json'))
  expect(document['keyCreated']).toBe(false)
})

test('the config file is found from a folder below, and --config names another', async () => {
  const place = await withConfig(ring('"seal": ["local://a"]'))
  await mkdir(place.at('x/y'), { recursive: true })
  await succeed(place.runWith({ cwd: place.at('x/y') }, 'seal', '../../f'))
  await writeFile(place.at('x/other.json'), ring('"seal": ["local://missing"]'))
  expect((await place.run('seal', 'f', '--force', '--config', 'x/other.json')).code).toBe(4)
  expect((await place.run('seal', 'f', '--force', '--config', 'nowhere.json')).code).toBe(2)
})

test('--keyring takes another keyring, and a wrong name is answered with those that are there', async () => {
  const text = `{ "keyrings": { "default": { "seal": ["local://missing"] }, "backup": { "seal": ["local://a"] } } }`
  const place = await withConfig(text)
  await succeed(place.run('seal', 'f', '--keyring', 'backup'))
  const ended = await place.run('seal', 'f', '--keyring', 'back')
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('default, backup')
})

test('a keyring of open keys alone opens and does not seal', async () => {
  const place = await withConfig(ring('"open": ["local://a"]'))
  expect((await place.run('seal', 'f')).code).toBe(2)
  await place.seal('f')
  await succeed(place.run('verify', 'f.kw'))
})

test('groups of a keyring make k of n', async () => {
  const place = await withConfig(
    ring('"groups": [["local://a"], ["local://b"], ["local://c"]], "threshold": 2'),
  )
  await newKeys(place, 'b', 'c')
  await succeed(place.run('seal', 'f'))
  const { threshold, groups } = await inspectFile(place.at('f.kw'))
  const keys = groups.map(({ slots }) => slots.map(({ key }) => key))
  expect([threshold, keys]).toEqual([2, [['local://a'], ['local://b'], ['local://c']]])
  await succeed(place.run('verify', 'f.kw'))
  expect((await place.run('verify', 'f.kw', '--key', 'local://a')).code).toBe(3)
  await succeed(place.run('verify', 'f.kw', '--key', 'local://a', '--key', 'local://c'))
})

test('a cache lets the files of one run share a data key', async () => {
  const place = await withConfig(ring('"seal": ["local://a"], "cache": { "maxMessages": 10 }'))
  await writeFile(place.at('g'), 'more')
  await succeed(place.run('seal', 'f', 'g'))
  const [first, second] = [await inspectFile(place.at('f.kw')), await inspectFile(place.at('g.kw'))]
  expect(first).toMatchObject({ dekUse: 'shared', keyCheck: second.keyCheck })
  await succeed(place.run('reseal', 'f.kw'))
})

test('a module that the config names provides its scheme', async () => {
  const place = await withConfig(
    `{ "keyrings": { "default": { "seal": ["acme://k"] } }, "providers": { "acme": "./acme.mjs" } }`,
  )
  await writeFile(
    place.at('acme.mjs'),
    `export const acme = Object.assign(() => {}, { scheme: 'acme', fromUri: () => { throw new Error('reached') } })`,
  )
  const ended = await place.run('seal', 'f', '--json')
  expect(ended.document['error'].code).toBe('unknown')
  await writeFile(place.at('acme.mjs'), 'export const other = 1')
  expect((await place.run('seal', 'f', '--json')).document['error'].code).toBe('configuration')
})

test.each([
  ['an unknown option', ring('"seel": ["local://a"]'), 4, 7, /seal, open, groups, threshold/],
  ['a wrong kind', ring('"seal": "local://a"'), 4, 15, /\[ … \]/],
  ['no key URI', ring('"seal": ["default"]'), 4, 16, /SCHEME:\/\/NAME/],
  ['a number out of range', ring('"seal": [], "threshold": 99'), 4, 32, /2 to 16/],
  ['a key twice', ring('"seal": ["local://a", "local://a"]'), 4, 15, /each key once/],
  ['an option twice', ring('"seal": [], "seal": []'), 4, 19, undefined],
  [
    'seal beside groups',
    ring('"seal": [], "groups": [["local://a"], ["local://b"]], "threshold": 2'),
    4,
    15,
    /one of/,
  ],
  ['groups without threshold', ring('"groups": [["local://a"], ["local://b"]]'), 4, 17, /2 to 2/],
  ['threshold without groups', ring('"threshold": 2'), 4, 20, /groups/],
  ['a member named __proto__', ring('"__proto__": {}'), 4, 7, /seal/],
  ['no keyrings', '{\n}\n', 1, 1, undefined],
  ['no JSON', '{\n  "keyrings": {,\n', 2, 16, undefined],
])(
  '%s in the config file is told with its line and column, and what is allowed',
  async (_, text, line, column, allowed) => {
    const failure: unknown = await parseConfig(text, 'keywright.config.json').catch((error: unknown) => error)
    const [problem] = failure instanceof ConfigFileError ? failure.problems : []
    expect(problem).toMatchObject({ file: 'keywright.config.json', line, column })
    if (allowed === undefined) expect(problem?.allowed).toBeUndefined()
    else expect(problem?.allowed).toMatch(allowed)
  },
)

test('the command tells a mistake in the config file with its place, in JSON and in words', async () => {
  const place = await withConfig(ring('"seel": ["local://a"]'))
  const ended = await place.run('seal', 'f', '--json')
  expect(ended.code).toBe(2)
  const [problem] = ended.document['error'].problems
  expect(problem).toMatchObject({ file: 'keywright.config.json', line: 4, column: 7 })
  expect(problem.allowed).toMatch(/seal, open, groups, threshold/)
  const { stderr } = await place.run('seal', 'f')
  expect(stderr).toContain('keywright.config.json:4:7: ')
})

test('a config file that everybody may write is not taken unless it is named', async () => {
  const place = await withConfig(ring('"seal": ["local://a"]'))
  await chmod(place.at('keywright.config.json'), 0o666)
  expect((await place.run('seal', 'f')).code).toBe(2)
  await succeed(place.run('seal', 'f', '--config', 'keywright.config.json'))
})

test('comments in the config file are allowed', async () => {
  const place = await withConfig(ring('// ours\n      "seal": ["local://a"]'))
  await succeed(place.run('seal', 'f'))
})

test('without a config file and --key the answer says how to get a key', async () => {
  const place = await newPlace()
  await writeFile(place.at('f'), 'content')
  const ended = await place.run('seal', 'f')
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('keywright init')
})

async function withConcealKey(content: string | Uint8Array, mode = 0o600): Promise<Place> {
  const place = await withConfig(ring('"seal": ["local://a"], "concealKeyFile": "conceal.key"'))
  await writeFile(place.at('conceal.key'), content, { mode })
  return place
}

test('a concealKeyFile of bytes or hexadecimal digits conceals the name of the key, and finds it again', async () => {
  const place = await withConcealKey(new Uint8Array(32).fill(7))
  await succeed(place.run('seal', 'f'))
  expect(await place.slots('f.kw')).toMatchObject([{ kind: 'concealed', scheme: 'local' }])
  await succeed(place.run('verify', 'f.kw'))
  await writeFile(place.at('conceal.key'), `${'07'.repeat(32)}\n`)
  await succeed(place.run('verify', 'f.kw', '--key', 'local://a'))
  await writeFile(place.at('conceal.key'), '08'.repeat(32))
  expect((await place.run('verify', 'f.kw')).code).toBe(3)
})

test('rewrap finds concealed slots and conceals the new ones', async () => {
  const place = await withConcealKey('07'.repeat(32))
  await newKeys(place, 'b')
  await succeed(place.run('seal', 'f'))
  await succeed(place.run('rewrap', 'f.kw', '--from', 'local://a', '--to', 'local://b'))
  expect(await place.slots('f.kw')).toMatchObject([{ kind: 'concealed' }])
  await succeed(place.run('verify', 'f.kw', '--key', 'local://b'))
  expect((await place.run('verify', 'f.kw', '--key', 'local://a')).code).toBe(3)
})

test.each([
  ['too short', '0707', 0o600],
  ['too long', '07'.repeat(40), 0o600],
  ['no digits', 'x'.repeat(64), 0o600],
  ['readable by others', '07'.repeat(32), 0o644],
])('a concealKeyFile that is %s is refused, and nothing of it is shown', async (_, content, mode) => {
  const place = await withConcealKey(content, mode)
  const ended = await place.run('seal', 'f', '--json')
  expect(ended.code).toBe(2)
  expect(ended.document['error'].details.field).toBe('concealKeyFile')
  expect(ended.stdout + ended.stderr).not.toContain(content)
})

test('a concealKeyFile that is not there is a mistake in the configuration', async () => {
  const place = await withConfig(ring('"seal": ["local://a"], "concealKeyFile": "conceal.key"'))
  expect((await place.run('seal', 'f')).code).toBe(2)
})

/** A config file whose keyring has a key of a provider in memory, made by this expression, beside a local one. */
async function withMemoryKey(options: string, kek: string): Promise<Place> {
  const keyring = `"keyrings": { "default": { "seal": ["memory://first", "local://a"], ${options} } }`
  const place = await withConfig(`{ ${keyring}, "providers": { "memory": "./memory.mjs" } }`)
  const fixture = new URL('./memory-kek.ts', import.meta.url).href
  const module = `import { memoryKek, refusing } from '${fixture}'
export const memory = Object.assign(() => {}, { scheme: 'memory', fromUri: () => (${kek}) })`
  await writeFile(place.at('memory.mjs'), module)
  return place
}

const down = "memoryKek({ ...refusing('wrapKey', 'Unavailable'), variant: { generatesDataKeys: false } })"
const hanging = '{ ...memoryKek(), unwrapKey: () => new Promise(() => setInterval(() => {}, 1000)) }'

test('a keyring that proceeds seals without a key that cannot wrap, and says so; another one fails', async () => {
  const failing = await withMemoryKey('"onSealFailure": "fail"', down)
  expect((await failing.run('seal', 'f')).code).toBe(4)
  const place = await withMemoryKey('"onSealFailure": "proceed"', down)
  const { document } = await succeed(place.run('seal', 'f', '--json'))
  expect(document['withoutKeys']).toEqual([{ key: 'memory://first', code: 'unavailable' }])
  expect(await place.slots('f.kw')).toMatchObject([{ key: 'local://a' }])
  expect((await succeed(place.run('reseal', 'f.kw'))).stderr).toContain('memory://first')
  const stream = await succeed(place.runWith({ input: 'x' }, 'seal', '-', '--out', 'g.kw', '--json'))
  expect(stream.document['withoutKeys']).toHaveLength(1)
})

test('a keyring with a hedge opens beside a key that hangs', async () => {
  const place = await withMemoryKey('"hedge": { "afterMs": 10 }', hanging)
  await succeed(place.run('seal', 'f'))
  expect(await place.slots('f.kw')).toHaveLength(2)
  const { stdout } = await succeed(place.run('open', 'f.kw', '--out', '-'))
  expect(stdout).toBe('content')
})
