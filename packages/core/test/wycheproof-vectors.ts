import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'

const module = 'github.com/c2sp/wycheproof@v0.0.0-20260902155932-3fa63dd0344a'
const fileName = 'c2sp_chunked_encryption_aes_256_gcm_test.json'

/** How to get the vectors on a machine that lacks them. */
export const downloadCommand: string = `go mod download -json ${module}`

/** One Wycheproof case for Cobblestone-256. */
export interface BodyVector {
  readonly id: number
  readonly comment: string
  readonly key: Uint8Array
  readonly context: Uint8Array
  readonly body: Uint8Array
  readonly valid: boolean
  readonly flags: ReadonlySet<string>
  /** Length of the message, or of the part that a stream may release before it fails. */
  readonly messageBytes: number
  readonly messageSha512: string | undefined
}

interface RawVector {
  readonly tcId: number
  readonly comment: string
  readonly key: string
  readonly ctx: string
  readonly ct: string
  readonly result: string
  readonly flags: readonly string[]
  readonly msgLength?: number
  readonly msgSha512?: string
}

function* candidates(): Generator<string> {
  const named = process.env['KEYWRIGHT_WYCHEPROOF_DIR']
  if (named !== undefined) yield named
  yield join(import.meta.dirname, '../../../../shared/vectors')
  try {
    const cache = execFileSync('go', ['env', 'GOMODCACHE'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    yield join(cache.trim(), module, 'testvectors_v1')
    // A fresh CI machine has an empty cache; elsewhere nothing is fetched unasked.
    if (process.env['CI'] === 'true') yield join(downloaded(), 'testvectors_v1')
  } catch {
    // Go is not installed, or cannot fetch: no module cache to look into.
  }
}

function downloaded(): string {
  const [command = '', ...args] = downloadCommand.split(' ')
  const printed = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return (JSON.parse(printed) as { Dir: string }).Dir
}

/** The vectors, or undefined where no copy is at hand. */
export function findBodyVectors(): readonly BodyVector[] | undefined {
  for (const folder of candidates()) {
    const path = join(folder, fileName)
    if (existsSync(path)) return parse(readFileSync(path, 'utf8'))
  }
  return undefined
}

function parse(json: string): readonly BodyVector[] {
  const { testGroups } = JSON.parse(json) as { testGroups: readonly { tests: readonly RawVector[] }[] }
  return testGroups.flatMap((group) =>
    group.tests.map((raw) => ({
      id: raw.tcId,
      comment: raw.comment,
      key: Buffer.from(raw.key, 'hex'),
      context: Buffer.from(raw.ctx, 'hex'),
      body: inflateSync(Buffer.from(raw.ct, 'hex')),
      valid: raw.result === 'valid',
      flags: new Set(raw.flags),
      messageBytes: raw.msgLength ?? 0,
      messageSha512: raw.msgSha512,
    })),
  )
}
