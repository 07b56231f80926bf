import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { Fault } from '../harness.ts'
import { open, seal } from './authenticated-box.ts'
import { MemoryServiceError } from './memory-service-error.ts'

/** A request of the in-memory key manager's own interface. */
export interface MemoryRequest {
  readonly key: string
  /** Bytes that the ciphertext is bound to. */
  readonly bound: Uint8Array
}

/** An answer of it; every field may be missing when a fault says so. */
export interface MemoryAnswer {
  readonly ciphertext: Uint8Array
  readonly plaintext: Uint8Array
  readonly key: string | undefined
  readonly version: string | undefined
}

interface StoredVersion {
  readonly id: string
  readonly secret: Uint8Array
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined
  enabled: boolean
}

interface StoredKey {
  readonly versions: StoredVersion[]
  state: 'enabled' | 'disabled' | 'destroyed'
  denied: boolean
}

const versionBytes = 4
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const
/** Generating RSA keys is slow: stages share a few, each key of a stage has its own. */
const rsaPairs: StoredVersion['pair'][] = []

/**
 * A key manager in memory with working cryptography: what the reference provider talks to, and what its tests break.
 * Every ciphertext begins with the version that made it.
 */
export class MemoryService {
  /** The credential that clients present; a secret that must show nowhere. */
  readonly token: string = 'memory-token-5d2f8a61c09b'
  readonly faults: Set<Fault> = new Set()
  /** Every request, by its name, in order. */
  readonly calls: string[] = []
  readonly #keys = new Map<string, StoredKey>()
  readonly #publicKey: boolean
  #pairsUsed = 0

  /** @param publicKey whether keys are RSA pairs, which bind nothing */
  constructor(publicKey = false) {
    this.#publicKey = publicKey
  }

  createKey(name: string): void {
    this.#keys.set(name, { versions: [this.#newVersion(1)], state: 'enabled', denied: false })
  }

  rotate(name: string): void {
    const { versions } = this.#stored(name)
    versions.push(this.#newVersion(versions.length + 1))
  }

  /** The oldest version stops working. */
  retire(name: string): void {
    const [oldest] = this.#stored(name).versions
    if (oldest !== undefined) oldest.enabled = false
  }

  setState(name: string, state: StoredKey['state']): void {
    this.#stored(name).state = state
  }

  deny(name: string): void {
    this.#stored(name).denied = true
  }

  async connect(name: string): Promise<void> {
    await this.#enter('connect', name)
    if (this.faults.delete('connect-fails-once')) throw new MemoryServiceError('Unavailable')
    this.#stored(name)
  }

  async encrypt(request: MemoryRequest & { readonly plaintext: Uint8Array }): Promise<MemoryAnswer> {
    await this.#enter('encrypt', request.key, request.plaintext)
    return this.#answer(request, this.#usable(request.key).at(-1), request.plaintext)
  }

  async generate(request: MemoryRequest): Promise<MemoryAnswer> {
    await this.#enter('generate', request.key)
    const plaintext = crypto.getRandomValues(new Uint8Array(32))
    return this.#answer(request, this.#usable(request.key).at(-1), plaintext)
  }

  async decrypt(
    request: MemoryRequest & { readonly ciphertext: Uint8Array; readonly version: string },
  ): Promise<MemoryAnswer> {
    await this.#enter('decrypt', request.key, request.ciphertext)
    const version = this.#versionOf(request.key, request.ciphertext, request.version)
    return this.#answer(request, version, unprotect(version, request.ciphertext, request.bound))
  }

  /** Decrypts under one key and encrypts under another, showing neither plaintext nor key. */
  async reencrypt(
    request: MemoryRequest & {
      readonly ciphertext: Uint8Array
      readonly from: string
      readonly fromVersion: string
    },
  ): Promise<MemoryAnswer> {
    await this.#enter('reencrypt', request.key, request.ciphertext)
    const source = this.#versionOf(request.from, request.ciphertext, request.fromVersion)
    const plaintext = unprotect(source, request.ciphertext, request.bound)
    return this.#answer(request, this.#usable(request.key).at(-1), plaintext)
  }

  async describe(
    name: string,
  ): Promise<{ state: StoredKey['state']; versions: { id: string; on: boolean }[] }> {
    await this.#enter('describe', name)
    const { state, versions } = this.#stored(name)
    return { state, versions: versions.map(({ id, enabled }) => ({ id, on: enabled })) }
  }

  /** Encrypts as anyone could who has the public key: no request, no permission. */
  forge(name: string, plaintext: Uint8Array): { ciphertext: Uint8Array; version: string } {
    const version = this.#stored(name).versions.at(-1)
    if (version?.pair === undefined) throw new MemoryServiceError('BadRequest')
    return { ciphertext: protect(version, plaintext, new Uint8Array(0)), version: version.id }
  }

  /** What every request goes through: the log, the network, the gate, the faults. */
  async #enter(call: string, name: string, sent: Uint8Array = new Uint8Array(0)): Promise<void> {
    this.calls.push(call)
    await new Promise((resolve) => setImmediate(resolve))
    const { faults } = this
    if (faults.has('hang')) await new Promise(() => {})
    if (faults.has('throttled')) throw new MemoryServiceError('Throttled', { retryAfterMs: 1500 })
    if (faults.has('unavailable')) throw new MemoryServiceError('Unavailable')
    if (faults.has('unauthenticated')) throw new MemoryServiceError('Unauthenticated')
    if (faults.has('nonsense')) throw 'teapot'
    if (faults.has('leaky-error')) {
      const leak = `${this.token} sent ${Buffer.from(sent).toString('hex')} to ${name}`
      throw new MemoryServiceError('BadRequest', { request: leak })
    }
  }

  #answer(request: MemoryRequest, version: StoredVersion | undefined, plaintext: Uint8Array): MemoryAnswer {
    if (version === undefined) throw new MemoryServiceError('NotFound')
    const { faults } = this
    const lengthened = (): Uint8Array => Uint8Array.from([...plaintext, 0])
    return {
      ciphertext: faults.has('empty-wrapped')
        ? new Uint8Array(0)
        : faults.has('huge-wrapped')
          ? new Uint8Array(8193)
          : protect(version, plaintext, request.bound),
      plaintext: faults.has('short-data-key')
        ? plaintext.slice(0, 31)
        : faults.has('long-data-key')
          ? lengthened()
          : faults.has('no-data-key')
            ? new Uint8Array(0)
            : plaintext.slice(),
      key: faults.has('no-key-named') ? undefined : faults.has('other-key') ? 'elsewhere' : request.key,
      version: faults.has('no-version') ? undefined : faults.has('other-version') ? '77' : version.id,
    }
  }

  #stored(name: string): StoredKey {
    const stored = this.#keys.get(name)
    if (stored === undefined) throw new MemoryServiceError('NotFound')
    return stored
  }

  #usable(name: string): StoredVersion[] {
    const { state, denied, versions } = this.#stored(name)
    if (denied) throw new MemoryServiceError('Forbidden')
    if (state === 'disabled') throw new MemoryServiceError('Disabled')
    if (state === 'destroyed') throw new MemoryServiceError('Destroyed')
    return versions
  }

  #versionOf(name: string, ciphertext: Uint8Array, asked: string): StoredVersion {
    const versions = this.#usable(name)
    if (ciphertext.length < versionBytes) throw new MemoryServiceError('BadCiphertext')
    const made = String(Buffer.from(ciphertext).readUInt32BE(0))
    const version = versions.find(({ id }) => id === made)
    if (version === undefined || (asked !== '' && asked !== made))
      throw new MemoryServiceError('BadCiphertext')
    if (!version.enabled) throw new MemoryServiceError('VersionRetired')
    return version
  }

  #newVersion(number: number): StoredVersion {
    const secret = crypto.getRandomValues(new Uint8Array(32))
    return { id: String(number), secret, pair: this.#publicKey ? this.#nextPair() : undefined, enabled: true }
  }

  #nextPair(): StoredVersion['pair'] {
    const index = this.#pairsUsed++
    rsaPairs[index] ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    return rsaPairs[index]
  }
}

function protect({ id, secret, pair }: StoredVersion, plaintext: Uint8Array, bound: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(versionBytes)
  prefix.writeUInt32BE(Number(id))
  const box =
    pair === undefined
      ? seal(secret, plaintext, Buffer.concat([prefix, bound]))
      : publicEncrypt({ key: pair.publicKey, ...oaep }, plaintext)
  return new Uint8Array(Buffer.concat([prefix, box]))
}

function unprotect({ secret, pair }: StoredVersion, ciphertext: Uint8Array, bound: Uint8Array): Uint8Array {
  const prefix = ciphertext.subarray(0, versionBytes)
  const box = ciphertext.subarray(versionBytes)
  try {
    if (pair === undefined) return open(secret, box, Buffer.concat([prefix, bound]))
    return new Uint8Array(privateDecrypt({ key: pair.privateKey, ...oaep }, box))
  } catch {
    throw new MemoryServiceError('BadCiphertext')
  }
}
