import type { ServiceFault } from '../faults.ts'
import { type Fields, text } from './request-fields.ts'
import { dataKeyCall, decryptCall, encryptCall, randomCall, rewrapCall } from './transit-crypto.ts'
import { describeKey } from './transit-description.ts'
import { isKeyType, newKey, rotate, type TransitKeyState } from './transit-key.ts'
import { configure, trim } from './transit-key-config.ts'
import { type Outcome, VaultRefusal } from './vault-answers.ts'

/** One mounted engine, as it is kept. */
export interface EngineState {
  readonly keys: Record<string, TransitKeyState>
  disableUpsert: boolean
}

/** A request to an engine. */
export interface EngineCall {
  readonly operation: 'read' | 'update' | 'create' | 'delete' | 'list'
  /** Below the mount, without a leading slash. */
  readonly path: string
  readonly fields: Fields
  readonly fault: ServiceFault | undefined
  readonly dropsAssociatedData: boolean
  readonly now: Date
}

const textFields = [
  'plaintext',
  'ciphertext',
  'context',
  'associated_data',
  'nonce',
  'type',
  'format',
] as const

/** The name of the key that a path is about. */
export function keyInPath(path: string): string | undefined {
  return /^(?:keys|encrypt|decrypt|rewrap|datakey\/\w+)\/([\w.-]+)/.exec(path)?.[1]
}

/** Whether a write to this path would make a key: such a request is a creation, and needs that capability. */
export function wouldCreate(engine: EngineState, path: string): boolean {
  const name = /^encrypt\/([\w.-]+)$/.exec(path)?.[1]
  return name !== undefined && !Object.hasOwn(engine.keys, name)
}

/** Answers one request. */
export function answerTransit(engine: EngineState, call: EngineCall): Outcome {
  const { operation, path, fields } = call
  const [area = '', first = '', second = ''] = path.split('/')
  const writes = operation === 'update' || operation === 'create'
  if (area === 'keys') return answerKeys(engine, call, first, second)
  if (!writes) throw new VaultRefusal(405, 'unsupported operation')
  if (area === 'random') return randomCall(fields, first === '' ? undefined : first)
  if (area === 'config' && first === 'keys') {
    engine.disableUpsert = fields['disable_upsert'] === true
    return { data: { disable_upsert: engine.disableUpsert } }
  }
  checkTexts(call, area)
  const name = area === 'datakey' ? second : first
  const crypto = { ...call, key: (): TransitKeyState => usableKey(engine, call, area, name) }
  if (area === 'encrypt') return encryptCall(crypto)
  if (area === 'decrypt') return decryptCall(crypto)
  if (area === 'rewrap') return rewrapCall(crypto)
  if (area === 'datakey') return dataKeyCall(crypto, first)
  throw new VaultRefusal(404, 'unsupported path')
}

/** The existence check of encrypt comes first, and says less than the engine would. */
function checkTexts({ fields, dropsAssociatedData }: EngineCall, area: string): void {
  for (const name of textFields) {
    if (name === 'associated_data' && (dropsAssociatedData || area === 'datakey' || area === 'rewrap'))
      continue
    if (typeof fields[name] !== 'object' || fields[name] === null) continue
    if (area === 'encrypt') throw new VaultRefusal(400, '1 error occurred:\n\t* invalid request\n\n')
    const why = `error converting input for field "${name}": '' expected type 'string', got unconvertible type 'map[string]interface {}', value: 'map[]'`
    throw new VaultRefusal(400, `Field validation failed: ${why}`)
  }
}

/** The key of a crypto call. An encrypt under an unknown name makes the key, as Vault does. */
function usableKey(engine: EngineState, call: EngineCall, area: string, name: string): TransitKeyState {
  const { fields } = call
  if (area === 'encrypt' && !Object.hasOwn(engine.keys, name) && !engine.disableUpsert) {
    const type = text(fields, 'type') || 'aes256-gcm96'
    if (!isKeyType(type)) throw new VaultRefusal(400, `unknown key type ${type}`)
    const batch = fields['batch_input']
    const sample = (Array.isArray(batch) ? batch[0] : fields) as Fields
    engine.keys[name] = newKey(type, text(sample, 'context') !== '', false, call.now)
  }
  const key = Object.hasOwn(engine.keys, name) ? engine.keys[name] : undefined
  if (key === undefined) throw new VaultRefusal(400, 'encryption key not found')
  if (key.softDeleted) throw new VaultRefusal(400, 'refusing to use soft-deleted key')
  return key
}

function answerKeys(engine: EngineState, call: EngineCall, name: string, action: string): Outcome {
  const { operation, fields, now } = call
  if (name === '') {
    const names = Object.keys(engine.keys).sort()
    if (operation !== 'list') throw new VaultRefusal(405, 'unsupported operation')
    if (names.length === 0) throw new VaultRefusal(404)
    return { data: { keys: names } }
  }
  const key = Object.hasOwn(engine.keys, name) ? engine.keys[name] : undefined
  const described = (found: TransitKeyState): Outcome => ({ data: describeKey(name, found) })
  if (action === '') {
    if (operation === 'read') {
      if (key === undefined) throw new VaultRefusal(404)
      return described(key)
    }
    if (operation === 'delete') return deleteKey(engine, name, key)
    return createKey(engine, name, fields, now)
  }
  if (operation !== 'update') throw new VaultRefusal(405, 'unsupported operation')
  if (key === undefined) {
    const said = {
      rotate: 'key not found',
      config: `no existing key named ${name} could be found`,
      trim: 'invalid key name',
    }
    throw new VaultRefusal(400, said[action as 'rotate'] ?? 'encryption key not found')
  }
  if (action === 'rotate') rotate(key, now)
  else if (action === 'config') configure(key, fields)
  else if (action === 'trim') trim(key, fields)
  else if (action === 'soft-delete') key.softDeleted = true
  else if (action === 'soft-delete-restore') key.softDeleted = false
  else throw new VaultRefusal(404, 'unsupported path')
  return described(key)
}

function createKey(engine: EngineState, name: string, fields: Fields, now: Date): Outcome {
  const type = text(fields, 'type') || 'aes256-gcm96'
  const [derived, convergent] = [fields['derived'] === true, fields['convergent_encryption'] === true]
  if (convergent && !derived) {
    throw new VaultRefusal(400, 'convergent encryption requires derivation to be enabled')
  }
  if (!isKeyType(type)) throw new VaultRefusal(400, `unknown key type ${type}`)
  const there = Object.hasOwn(engine.keys, name) ? engine.keys[name] : undefined
  const key = there ?? newKey(type, derived, convergent, now)
  engine.keys[name] = key
  return { data: describeKey(name, key) }
}

function deleteKey(engine: EngineState, name: string, key: TransitKeyState | undefined): Outcome {
  const failed = `error deleting policy ${name}: `
  if (key === undefined) throw new VaultRefusal(400, `${failed}could not delete key; not found`)
  if (!key.deletionAllowed) throw new VaultRefusal(400, `${failed}deletion is not allowed for this key`)
  delete engine.keys[name]
  return { status: 204 }
}
