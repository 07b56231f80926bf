import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A key and its certificate, as PEM texts. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const day = 86_400_000

/**
 * A certificate for the loopback, signed by its own key (P-256, ECDSA with SHA-256), made as RFC 5280 lays it down. A
 * client trusts it when it is told to; nobody else does.
 *
 * @param now the certificate is good from a day before until a year after
 */
export function loopbackCertificate(now: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
  const name = sequence(set(sequence(oid.commonName, text(0x0c, 'Keywright emulator'))))
  const signedWith = sequence(oid.ecdsaWithSha256)
  const serial = randomBytes(16)
  // Positive and without leading zeros, as DER wants an integer.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const unsigned = sequence(
    element(0xa0, integer(Buffer.of(2))),
    integer(serial),
    signedWith,
    name,
    sequence(time(new Date(now.getTime() - day)), time(new Date(now.getTime() + 365 * day))),
    name,
    publicInfo,
    element(0xa3, sequence(...extensions(publicInfo))),
  )
  const signature = sign('sha256', unsigned, privateKey)
  const cert = sequence(unsigned, signedWith, element(0x03, Buffer.of(0), signature))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${cert.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}

const oid = {
  commonName: Buffer.from('0603550403', 'hex'),
  ecdsaWithSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
  keyIdentifier: Buffer.from('0603551d0e', 'hex'),
  basicConstraints: Buffer.from('0603551d13', 'hex'),
  alternativeName: Buffer.from('0603551d11', 'hex'),
} as const

function extensions(publicInfo: Uint8Array): readonly Buffer[] {
  const identifier = createHash('sha256').update(publicInfo).digest().subarray(0, 20)
  const names = [
    text(0x82, 'localhost'),
    element(0x87, Buffer.of(127, 0, 0, 1)),
    element(0x87, Buffer.concat([Buffer.alloc(15), Buffer.of(1)])),
  ]
  const authority = Buffer.from('0101ff', 'hex')
  return [
    sequence(oid.keyIdentifier, element(0x04, element(0x04, identifier))),
    sequence(oid.basicConstraints, authority, element(0x04, sequence(authority))),
    sequence(oid.alternativeName, element(0x04, sequence(...names))),
  ]
}

/** One element of DER (X.690): a tag, the length of what follows, and that. */
function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, ...parts)
}

function set(...parts: readonly Uint8Array[]): Buffer {
  return element(0x31, ...parts)
}

function integer(bytes: Uint8Array): Buffer {
  return element(0x02, bytes)
}

function text(tag: number, value: string): Buffer {
  return element(tag, Buffer.from(value))
}

/** UTCTime, which has two digits for the year and is due until 2049; GeneralizedTime after that. */
function time(value: Date): Buffer {
  const digits = `${value.toISOString().replace(/[-:T]|\..*$/g, '')}Z`
  return value.getUTCFullYear() < 2050 ? text(0x17, digits.slice(2)) : text(0x18, digits)
}
