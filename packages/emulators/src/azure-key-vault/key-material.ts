import {
  createPrivateKey,
  createSecretKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { Flavour } from './flavour.ts'
import type { CreateBody, ImportBody } from './request-body.ts'
import { badParameter } from './service-error.ts'

/** The key itself, in the form in which it is kept. */
export interface KeyMaterial {
  readonly kty: 'RSA' | 'RSA-HSM' | 'oct-HSM' | 'EC' | 'EC-HSM'
  readonly bits: number
  /** The private or secret key. */
  readonly jwk: JsonWebKey
}

const generate = promisify(generateKeyPair)

/** Draws new material for a request; the types that a managed HSM answers with are its own. */
export async function makeMaterial(
  flavour: Flavour,
  { kty, key_size }: Pick<CreateBody, 'kty' | 'key_size'>,
): Promise<KeyMaterial> {
  const type = typeFor(flavour, kty)
  if (type === 'oct-HSM') {
    const bits = octBits(key_size ?? 256)
    return { kty: type, bits, jwk: { kty: 'oct', k: randomBytes(bits / 8).toString('base64url') } }
  }
  if (type === 'EC' || type === 'EC-HSM') {
    const { privateKey } = await generate('ec', { namedCurve: 'P-256' })
    return { kty: type, bits: 256, jwk: privateKey.export({ format: 'jwk' }) }
  }
  const bits = rsaBits(key_size ?? 2_048)
  const { privateKey } = await generate('rsa', { modulusLength: bits })
  return { kty: type, bits, jwk: privateKey.export({ format: 'jwk' }) }
}

/** Material that somebody brings. */
export function materialOf(flavour: Flavour, { key, hsm, Hsm }: ImportBody): KeyMaterial {
  const type = typeFor(flavour, hsm === true || Hsm === true ? `${key.kty}-HSM` : key.kty)
  if (type === 'oct-HSM') {
    const bytes = Buffer.from(key.k ?? '', 'base64url')
    return { kty: type, bits: octBits(bytes.length * 8), jwk: { kty: 'oct', k: bytes.toString('base64url') } }
  }
  if (type.startsWith('EC')) throw badParameter('Property  has invalid value\r\n')
  let given: KeyObject
  try {
    given = createPrivateKey({ key: { ...key, kty: 'RSA' }, format: 'jwk' })
  } catch {
    throw badParameter('Property  has invalid value\r\n')
  }
  // A modulus of another size is accepted above, and fails with every use.
  const bits = rsaBits(given.asymmetricKeyDetails?.modulusLength ?? 0)
  return { kty: type, bits, jwk: given.export({ format: 'jwk' }) }
}

function typeFor(flavour: Flavour, kty: string | undefined): KeyMaterial['kty'] {
  const type = (kty ?? '').replace(/-HSM$/, '')
  const isHsm = flavour === 'managed-hsm' || kty !== type
  if (type === 'RSA') return isHsm ? 'RSA-HSM' : 'RSA'
  if (type === 'EC') return isHsm ? 'EC-HSM' : 'EC'
  // Vaults hold no symmetric keys.
  if ((type === 'oct' || type === 'AES') && flavour === 'managed-hsm') return 'oct-HSM'
  throw badParameter('Property  has invalid value\r\nProperty  has invalid value\r\n')
}

function rsaBits(bits: number): number {
  if ([2_048, 3_072, 4_096].includes(bits)) return bits
  throw badParameter(`Invalid key size: '${bits}'`)
}

function octBits(bits: number): number {
  if ([128, 192, 256].includes(bits)) return bits
  throw badParameter(`Invalid key size: '${bits}'`)
}

const imported = new WeakMap<KeyMaterial, KeyObject>()

/** The key as the cryptography takes it, imported once. */
export function keyObjectOf(material: KeyMaterial): KeyObject {
  const known = imported.get(material)
  if (known !== undefined) return known
  const { jwk } = material
  const made =
    jwk.kty === 'oct'
      ? createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'))
      : createPrivateKey({ key: jwk, format: 'jwk' })
  imported.set(material, made)
  return made
}
