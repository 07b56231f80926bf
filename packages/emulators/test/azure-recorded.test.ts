import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { keyVaultSituations } from './azure-key-vault-situations.ts'
import { managedHsmSituations } from './azure-managed-hsm-situations.ts'
import { type AzureScene, azureScene, type Exchange } from './azure-scene.ts'
import { membersOf, type Situation } from './azure-situation.ts'

const services = [
  {
    flavour: 'key-vault',
    file: 'azure-keyvault.json',
    situations: keyVaultSituations,
    audience: 'https://vault.azure.net',
    // In the order of raw bytes off the wire; where no bytes were kept, no order is known.
    always: [
      'cache-control: no-cache',
      'pragma: no-cache',
      'content-type: application/json; charset=utf-8',
      'expires: -1',
      'x-ms-keyvault-region',
      'x-ms-request-id',
      'x-ms-keyvault-service-version',
      'x-ms-keyvault-network-info',
      'x-content-type-options: nosniff',
      'strict-transport-security: max-age=31536000;includeSubDomains',
      'date',
    ],
    never: ['content-security-policy', 'x-frame-options', 'x-ms-server-latency'],
  },
  {
    flavour: 'managed-hsm',
    file: 'azure-managedhsm.json',
    situations: managedHsmSituations,
    audience: 'https://managedhsm.azure.net',
    always: [
      'cache-control: no-cache',
      'content-type: application/json; charset=utf-8',
      "content-security-policy: default-src 'self'",
      'strict-transport-security: max-age=31536000; includeSubDomains',
      'x-content-type-options: nosniff',
      'x-frame-options: SAMEORIGIN',
      'x-ms-request-id',
      'x-ms-server-latency',
    ],
    never: ['date', 'expires', 'pragma', 'x-ms-keyvault-service-version', 'x-ms-client-request-id'],
  },
] as const

let scene: AzureScene | undefined

afterEach(async () => {
  await scene?.close()
  scene = undefined
})

async function replay(row: Situation, flavour: (typeof services)[number]['flavour']): Promise<Exchange> {
  scene = await azureScene(flavour)
  const { run } = row
  if (run === undefined) throw new Error('this row is not replayed')
  const exchange = await run(scene)
  replays.set(`${flavour} ${row.situation}`, exchange)
  return exchange
}

/** What was replayed already, since an RSA key takes its time. */
const replays = new Map<string, Exchange>()

/** Values by the last part of their names. */
function valuesOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const entries = Object.entries(value).map(([name, member]) => ({ [name]: member, ...valuesOf(member) }))
  return Object.assign({}, ...entries)
}

describe.each(services)('$flavour', ({ flavour, file, situations, always, never, audience }) => {
  const replayed = situations.filter(({ run }) => run !== undefined)
  const first: Situation = replayed[0] ?? { situation: 'none', evidence: 'inferred' }

  test.each(replayed)('as the service was seen ($evidence): $situation', async (row) => {
    const { status, headers, text } = await replay(row, flavour)
    expect(status).toBe(row.status)
    if (row.text !== undefined) expect(text).toBe(row.text)
    const body: unknown = text === '' || row.text !== undefined ? undefined : JSON.parse(text)
    if (row.members !== undefined) expect(membersOf(body).join(' ')).toBe(row.members)
    if (row.values !== undefined) expect(valuesOf(body)).toMatchObject(row.values)
    const told = new Map(headers)
    if (row.code !== undefined) {
      const innererror = row.innerCode === undefined ? {} : { innererror: { code: row.innerCode } }
      const message = row.message
        ?.replace('NAME', 'orders')
        .replace('ID)', `${told.get('x-ms-request-id')})`)
        .replace('BASE', scene?.emulator.url ?? '')
      expect(body).toEqual({
        error: { code: row.code, message: message ?? expect.any(String), ...innererror },
      })
    }
    for (const line of always) {
      const [name = '', value] = line.split(': ')
      if (value === undefined) expect(told.has(name), name).toBe(true)
      else expect(told.get(name), name).toBe(value)
    }
    for (const name of row.headers ?? []) expect(told.has(name), name).toBe(true)
    for (const name of [...never, ...(row.without ?? [])]) expect(told.has(name), name).toBe(false)
  })

  test('headers come in the order of the wire', async () => {
    const { headers } = await replay(first, flavour)
    const names = always.map((line) => line.split(': ')[0])
    expect(headers.map(([name]) => name).filter((name) => names.includes(name))).toEqual(names)
  })

  test('the challenge names the authority and the service', async () => {
    const { headers } = await replay(first, flavour)
    expect(new Map(headers).get('www-authenticate')).toMatch(
      new RegExp(
        `^Bearer authorization="https://login.microsoftonline.com/[0-9a-f-]{36}", resource="${audience}"$`,
      ),
    )
  })

  test.each(situations.filter(({ run }) => run === undefined))(
    'not replayed: $situation, since $differs',
    ({ differs }) => {
      expect(differs).toBeTypeOf('string')
    },
  )

  // Recordings lie beside a project that has them; their facts stand in the tables, which always run.
  const path = join(import.meta.dirname, '../../../../shared/reference/recorded', file)
  const recordings = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly Recording[]) : []

  test.each(recordings)(
    'the answer is of the recorded shape: $situation',
    async ({ situation, response }) => {
      const row = situations.find((candidate) => candidate.situation === situation)
      expect(row, 'a row of the table').toBeDefined()
      if (row?.run === undefined || row.differs !== undefined) return
      const { status, headers, text } = await replay(row, flavour)
      expect(status).toBe(response.status)
      if (response.body.startsWith('{')) {
        expect(membersOf(JSON.parse(text))).toEqual(membersOf(JSON.parse(response.body)))
      } else expect(text).toBe(response.body)
      if (response.headers === null) return
      const missing = Object.keys(response.headers).map((name) => name.toLowerCase())
      const had = new Set(headers.map(([name]) => name))
      expect(missing.filter((name) => !had.has(name) && !depending.has(name))).toEqual([])
    },
  )
})

/** Headers of a recording that hang on its client, its connection, or on what sort of vault it was. */
const depending = new Set([
  'connection',
  'server',
  'content-length',
  'x-ms-client-request-id',
  'x-ms-keyvault-rbac-assignment-id',
  'x-ms-keyvault-rbac-cache',
])

interface Recording {
  readonly situation: string
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>> | null
    readonly body: string
  }
}
