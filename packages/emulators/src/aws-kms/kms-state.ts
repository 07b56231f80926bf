import { randomBytes } from 'node:crypto'
import { type KeyFolder, keyFolder } from '../key-folder.ts'
import { KmsError } from './kms-error.ts'

/** The one account that everything here belongs to. */
export const account = '111122223333'

/** Material that a key encrypts with; a rotation adds one. */
export interface KeyMaterial {
  /** 64 hexadecimal digits. */
  readonly id: string
  /** 32 bytes in base64. */
  readonly bytes: string
  /** Milliseconds since 1970; the first material has none. */
  readonly rotatedAt?: number | undefined
}

/** A key in one Region. */
export interface KmsKey {
  readonly id: string
  readonly arn: string
  readonly region: string
  readonly createdAt: number
  readonly description: string
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly customKeyStoreId?: string | undefined
  /** The Region of the primary key, for multi-Region keys. */
  readonly primaryRegion?: string | undefined
  state: 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport'
  deletionDate?: number | undefined
  /** The key policy as it was put. */
  policy: string
}

/** A grant on a key. */
export interface KmsGrant {
  readonly id: string
  readonly keyArn: string
  readonly name?: string | undefined
  readonly grantee: string
  readonly operations: readonly string[]
  readonly constraints?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
  readonly createdAt: number
}

interface Kept {
  readonly keys: Record<string, KmsKey>
  /** By key id, which the replicas of a multi-Region key share. */
  readonly materials: Record<string, KeyMaterial[]>
  /** Key ARN by alias ARN. */
  readonly aliases: Record<string, string>
  grants: KmsGrant[]
}

const arnGrammar = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(key|alias)\/([A-Za-z0-9/_-]+)$/
const idGrammar = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/

/** Everything that the service remembers. */
export class KmsState {
  readonly #folder: KeyFolder<Kept>
  readonly #kept: Kept
  /** Key id by material id. */
  readonly #keyIds = new Map<string, string>()

  /** @param folder where it is kept; undefined: in memory alone */
  constructor(folder: string | undefined) {
    this.#folder = keyFolder(folder, 'aws-kms')
    this.#kept = this.#folder.load() ?? { keys: {}, materials: {}, aliases: {}, grants: [] }
    for (const [id, materials] of Object.entries(this.#kept.materials)) this.#index(id, materials)
  }

  save(): void {
    this.#folder.save(this.#kept)
  }

  addKey(key: KmsKey): KmsKey {
    this.#kept.keys[key.arn] = key
    if (key.state === 'PendingImport') return key
    this.#kept.materials[key.id] ??= [newMaterial()]
    this.#index(key.id, this.materials(key))
    return key
  }

  /** The keys of a Region. */
  keys(region: string): readonly KmsKey[] {
    return Object.values(this.#kept.keys).filter((key) => key.region === region)
  }

  /** Every Region's key of this id. */
  replicas(id: string): readonly KmsKey[] {
    return Object.values(this.#kept.keys).filter((key) => key.id === id)
  }

  materials({ id }: KmsKey): readonly KeyMaterial[] {
    return this.#kept.materials[id] ?? []
  }

  rotate(key: KmsKey, now: Date): void {
    this.#kept.materials[key.id]?.push({ ...newMaterial(), rotatedAt: now.getTime() })
    this.#index(key.id, this.materials(key))
  }

  /** The key of a Region that has this material. */
  keyOfMaterial(materialId: string, region: string): KmsKey | undefined {
    return this.#kept.keys[keyArn(region, this.#keyIds.get(materialId) ?? '')]
  }

  #index(keyId: string, materials: readonly KeyMaterial[]): void {
    for (const { id } of materials) this.#keyIds.set(id, keyId)
  }

  /** Alias ARN and key ARN of every alias of a Region. */
  aliases(region: string): readonly (readonly [string, string])[] {
    return Object.entries(this.#kept.aliases).filter(([arn]) => arn.split(':')[3] === region)
  }

  /** @param keyArn undefined takes the alias away */
  setAlias(aliasArn: string, keyArn: string | undefined): void {
    if (keyArn === undefined) delete this.#kept.aliases[aliasArn]
    else this.#kept.aliases[aliasArn] = keyArn
  }

  get grants(): readonly KmsGrant[] {
    return this.#kept.grants
  }

  setGrants(grants: readonly KmsGrant[]): void {
    this.#kept.grants = [...grants]
  }

  /**
   * Finds a key by id, ARN, alias or alias ARN.
   *
   * @throws KmsError `NotFoundException`
   */
  resolve(text: string, region: string, now: Date): KmsKey {
    const [, arnRegion, , kind, name = ''] = arnGrammar.exec(text) ?? []
    if (arnRegion !== undefined && arnRegion !== region)
      throw new KmsError('NotFoundException', `Invalid arn ${arnRegion}`)
    const alias = kind === 'alias' ? `alias/${name}` : text.startsWith('alias/') ? text : undefined
    const arn =
      alias === undefined ? keyArn(region, kind === 'key' ? name : text) : this.#aliasTarget(alias, region)
    if (alias === undefined && !idGrammar.test(kind === 'key' ? name : text)) {
      throw new KmsError('NotFoundException', `Invalid keyId '${text}'`)
    }
    const key = this.#kept.keys[arn]
    // What was scheduled for deletion is gone once its day has come.
    const gone = key?.deletionDate !== undefined && key.deletionDate <= now.getTime()
    if (key === undefined || gone) throw new KmsError('NotFoundException', `Key '${arn}' does not exist`)
    return key
  }

  #aliasTarget(alias: string, region: string): string {
    const arn = aliasArn(region, alias)
    const target = this.#kept.aliases[arn]
    if (target === undefined) throw new KmsError('NotFoundException', `Alias ${arn} is not found.`)
    return target
  }
}

export function keyArn(region: string, id: string): string {
  return `arn:aws:kms:${region}:${account}:key/${id}`
}

/** @param alias with its `alias/` */
export function aliasArn(region: string, alias: string): string {
  return `arn:aws:kms:${region}:${account}:${alias}`
}

function newMaterial(): KeyMaterial {
  return { id: randomBytes(32).toString('hex'), bytes: randomBytes(32).toString('base64') }
}
