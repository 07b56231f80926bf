import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GcpKmsScene, gcpKmsScene, keyName, type Outcome } from './gcp-kms-scene.ts'
import type { Situation } from './gcp-kms-situation.ts'
import { situations } from './gcp-kms-situations.ts'

let scene: GcpKmsScene

beforeEach(async () => {
  scene = await gcpKmsScene()
})

afterEach(() => scene.close())

type Replayed = Situation & Required<Pick<Situation, 'run'>>

const replayed = situations.filter((row): row is Replayed => row.run !== undefined)

test.each(replayed)('as the service was seen ($evidence): $situation', async (row) => {
  const { run, code, message, details, members, values, ciphertextBytes } = row
  const outcome = await run(scene)
  expect(outcome.code).toBe(code)
  if (message !== undefined) expect(outcome.message).toBe(message)
  if (details !== undefined) expect(outcome.details).toEqual(details)
  if (members !== undefined) expect(Object.keys(outcome.body ?? {}).sort()).toEqual([...members].sort())
  if (values !== undefined) expect(outcome.body).toMatchObject(values)
  if (ciphertextBytes === undefined) return
  const { ciphertext } = outcome.body as { ciphertext: Buffer }
  expect(ciphertext.length).toBe(ciphertextBytes)
  // Two fields, the first of 37 bytes; zero bytes where all recorded ones have them.
  expect([...ciphertext.subarray(0, 3)]).toEqual([0x0a, 0x25, 0x00])
  expect([...ciphertext.subarray(39, 42)]).toEqual([0x12, ciphertextBytes - 41, 0x00])
})

test('two ciphertexts of a key agree in the bytes in which recorded ones do', async () => {
  const bytes: Buffer[] = []
  for (let time = 0; time < 2; time++) {
    const [{ ciphertext }] = await scene.client.encrypt({ name: keyName, plaintext: Buffer.from('same') })
    bytes.push(Buffer.from(ciphertext ?? ''))
  }
  const marks = bytes.map((each) => [
    each.subarray(3, 7).toString('hex'),
    each.subarray(42, 46).toString('hex'),
  ])
  expect(marks[0]).toEqual(marks[1])
  expect(bytes[0]).not.toEqual(bytes[1])
})

test.each(situations.filter(({ run }) => run === undefined))(
  'not replayed: $situation, since $differs',
  (row) => {
    expect(row.differs).toBeTypeOf('string')
  },
)

interface Recording {
  readonly situation: string
  readonly response: { readonly status: number; readonly body: string }
}

/** Recordings lie beside a project that has them; their facts stand in the table, which always runs. */
const file = join(import.meta.dirname, '../../../../shared/reference/recorded/gcp-kms.json')
const recordings = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Recording[]) : []

test.each(recordings)('the body is of the recorded shape: $situation', async ({ situation, response }) => {
  const row = situations.find((candidate) => candidate.situation === situation)
  expect(row, 'a row of the table').toBeDefined()
  if (row?.run === undefined || row.differs !== undefined) return
  const outcome = await row.run(scene)
  expect(shapeOfOutcome(outcome, situation)).toEqual(shapeOfRecording(response))
})

const httpStatuses: ReadonlyMap<number, number> = new Map([
  [200, 0],
  [403, 7],
  [404, 5],
])

function shapeOfRecording({ status, body }: Recording['response']): unknown {
  const code = httpStatuses.get(status) ?? status
  const parsed = JSON.parse(body) as Readonly<Record<string, unknown>>
  if (code === 0) return { code, body: shapeOf(parsed, '') }
  const error = (parsed['error'] ?? parsed) as { message: string; details?: readonly object[] }
  return { code, message: anonymous(error.message), details: shapeOf(error.details ?? [], 'details') }
}

function shapeOfOutcome({ code, message, details, body }: Outcome, situation: string): unknown {
  if (code === 0) return { code, body: shapeOf(body, '') }
  // The recorded sentence is about another permission than the one replayed.
  const said = situation === 'no permission' ? message?.replace('.get', '.setIamPolicy') : message
  return { code, message: anonymous(said ?? ''), details: shapeOf(details, 'details') }
}

const verbatim = new Set(['state', 'purpose', 'protectionLevel', 'algorithm', '@type', 'type'])

/** Members by name, their values where they say something, of others only the kind. */
function shapeOf(value: unknown, name: string): unknown {
  if (/(?:Time|Period|Duration)$/.test(name)) return 'time'
  if (/Crc32c$/.test(name)) return 'checksum'
  if (name === 'labels') return 'labels'
  if (value instanceof Uint8Array) return 'text'
  if (Array.isArray(value)) return value.map((entry) => shapeOf(entry, ''))
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => {
      const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
      return [camel, shapeOf(member, camel)] as const
    })
    return Object.fromEntries(members)
  }
  if (typeof value !== 'string') return value
  if (name === 'name') return value.split('/').length
  return verbatim.has(name) || name === 'detail' ? anonymous(value) : 'text'
}

/** Names and numbers that differ from project to project left out. */
function anonymous(text: string): string {
  return text
    .replace(/projects\/[^\s']+|<(?:version )?name>/g, 'NAME')
    .replace(/project_number:[^\s']+/g, 'NUMBER')
    .replace(/[0-9]{10,}/g, 'NUMBER')
}
