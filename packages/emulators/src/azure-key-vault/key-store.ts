import { randomBytes } from 'node:crypto'
import type { KeyFolder } from '../key-folder.ts'
import { type Flavour, flavours } from './flavour.ts'
import { type KeyMaterial, makeMaterial, materialOf } from './key-material.ts'
import type { CreateBody, ImportBody, UpdateBody } from './request-body.ts'
import { badParameter, ServiceError } from './service-error.ts'

/** Seconds since 1970. */
type Seconds = number

/** One version of a key. */
export interface KeyVersion {
  /** 32 hexadecimal digits. */
  readonly version: string
  readonly material: KeyMaterial
  keyOps: readonly string[]
  enabled: boolean
  readonly created: Seconds
  updated: Seconds
  nbf?: Seconds | undefined
  exp?: Seconds | undefined
  tags?: Readonly<Record<string, string>> | undefined
}

/** A key with its versions, oldest first. */
export interface StoredKey {
  readonly name: string
  readonly versions: KeyVersion[]
  /** Set from soft deletion until recovery; purged by then. */
  deleted?: { readonly deletedDate: Seconds; readonly scheduledPurgeDate: Seconds } | undefined
}

/** What is kept between runs. */
export interface StoredKeys {
  readonly keys: StoredKey[]
}

const retentionDays = 7
const versionGrammar = /^[0-9a-f]{32}$/i

/** The keys of one vault or managed HSM. */
export class KeyStore {
  readonly #keys = new Map<string, StoredKey>()
  readonly #folder: KeyFolder<StoredKeys>
  readonly #flavour: Flavour
  readonly #now: () => Date

  constructor(folder: KeyFolder<StoredKeys>, flavour: Flavour, now: () => Date) {
    this.#folder = folder
    this.#flavour = flavour
    this.#now = now
    for (const key of folder.load()?.keys ?? []) this.#keys.set(key.name.toLowerCase(), key)
  }

  async create(name: string, body: CreateBody): Promise<StoredKey> {
    this.#refuseDeleted(name)
    return this.#add(name, await makeMaterial(this.#flavour, body), body)
  }

  import(name: string, body: ImportBody): StoredKey {
    this.#refuseDeleted(name)
    return this.#add(name, materialOf(this.#flavour, body), { ...body, key_ops: body.key.key_ops })
  }

  /** A new version like the current one; what was said of dates stays with the old. */
  async rotate(name: string): Promise<StoredKey> {
    const current = this.version(name, '')
    const { kty, bits } = current.material
    const request = { kty, key_size: bits, key_ops: current.keyOps, tags: current.tags }
    return this.#add(name, await makeMaterial(this.#flavour, request), request)
  }

  update(name: string, version: string, { attributes, key_ops, tags }: UpdateBody): KeyVersion {
    const found = this.version(name, version)
    if (attributes?.enabled !== undefined) found.enabled = attributes.enabled
    if (attributes?.nbf !== undefined) found.nbf = attributes.nbf
    if (attributes?.exp !== undefined) found.exp = attributes.exp
    if (key_ops !== undefined) found.keyOps = key_ops
    if (tags !== undefined) found.tags = tags
    found.updated = this.#seconds()
    this.#save()
    return found
  }

  delete(name: string): StoredKey {
    const key = this.key(name)
    const deletedDate = this.#seconds()
    key.deleted = { deletedDate, scheduledPurgeDate: deletedDate + retentionDays * 86_400 }
    this.#save()
    return key
  }

  recover(name: string): StoredKey {
    const key = this.deletedKey(name)
    key.deleted = undefined
    this.#save()
    return key
  }

  purge(name: string): void {
    this.deletedKey(name)
    this.#keys.delete(name.toLowerCase())
    this.#save()
  }

  /** A key that is not deleted. */
  key(name: string): StoredKey {
    const key = this.#keys.get(name.toLowerCase())
    if (key === undefined || key.deleted !== undefined) throw this.#notFound(name)
    return key
  }

  deletedKey(name: string): StoredKey {
    const key = this.#keys.get(name.toLowerCase())
    if (key?.deleted === undefined) throw this.#notFound(name)
    return key
  }

  /** A version by its id; the current one when that is empty. */
  version(name: string, version: string): KeyVersion {
    const { versions } = this.key(name)
    const found =
      version === '' ? versions.at(-1) : versions.find((each) => each.version === version.toLowerCase())
    if (found === undefined) throw this.#notFound(`${name}/${version}`)
    return found
  }

  /** All keys that are deleted, or all that are not. */
  list(deleted: boolean): readonly StoredKey[] {
    return [...this.#keys.values()].filter((key) => (key.deleted !== undefined) === deleted)
  }

  #add(name: string, material: KeyMaterial, body: Omit<CreateBody, 'kty'>): StoredKey {
    if (!/^[0-9a-z-]{1,127}$/i.test(name)) throw badParameter(flavours[this.#flavour].invalidProperty)
    const created = this.#seconds()
    const { attributes, tags, key_ops } = body
    const added: KeyVersion = {
      version: randomBytes(16).toString('hex'),
      material,
      keyOps: key_ops ?? defaultOperations(material.kty),
      enabled: attributes?.enabled ?? true,
      created,
      updated: created,
      nbf: attributes?.nbf,
      exp: attributes?.exp,
      tags,
    }
    const key = this.#keys.get(name.toLowerCase()) ?? { name, versions: [] }
    key.versions.push(added)
    this.#keys.set(name.toLowerCase(), key)
    this.#save()
    return key
  }

  #refuseDeleted(name: string): void {
    if (this.#keys.get(name.toLowerCase())?.deleted === undefined) return
    const message = `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`
    throw new ServiceError(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable')
  }

  #notFound(what: string): ServiceError {
    return new ServiceError(404, 'KeyNotFound', flavours[this.#flavour].notFound(what))
  }

  #save(): void {
    this.#folder.save({ keys: [...this.#keys.values()] })
  }

  #seconds(): Seconds {
    return Math.floor(this.#now().getTime() / 1_000)
  }
}

/** Whether text can stand for a version at all. */
export function isVersionId(text: string): boolean {
  return versionGrammar.test(text)
}

/** In the order in which the service lists them. */
function defaultOperations(kty: KeyMaterial['kty']): readonly string[] {
  if (kty.startsWith('EC')) return ['sign', 'verify']
  const rsa = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey']
  return kty === 'oct-HSM' ? ['deriveKey', ...rsa] : rsa
}
