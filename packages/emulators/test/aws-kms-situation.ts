import type { AwsKmsEmulator } from '../src/index.ts'
import type { WireAnswer } from './aws-kms-wire.ts'

/** How strong the evidence is: a recorder's file, what a client kept of an answer, or what somebody quoted. */
export type Strength = 'recorded' | 'recorded-parsed' | 'quoted'

/** What a situation is made with. */
export interface Place {
  readonly emulator: AwsKmsEmulator
  readonly call: (
    operation: string,
    members: Readonly<Record<string, unknown>>,
    region?: string,
  ) => Promise<WireAnswer>
  /** Makes a key and gives its ARN. */
  readonly newKey: (members?: Readonly<Record<string, unknown>>) => Promise<string>
  /** Encrypts some bytes and gives the blob in base64. */
  readonly encrypt: (key: string, context?: Readonly<Record<string, string>>) => Promise<string>
}

/** One situation in which the real service was seen, with what it answered. */
export interface Situation {
  readonly situation: string
  readonly strength: Strength
  readonly status: number
  /** Members of the body, in the order of the wire. */
  readonly members: readonly string[]
  readonly code?: string
  /** The text, `KEY`, `ALIAS`, `USER` and `REGION` standing for what they name. */
  readonly message?: string
  readonly ask: (place: Place) => Promise<WireAnswer>
}

/** 21 bytes in base64. */
export const plaintext: string = Buffer.from("I'm a secret message!").toString('base64')

/** Decrypts a ciphertext after a change. */
export function altered(change: (bytes: Buffer) => Buffer): Situation['ask'] {
  return async ({ call, newKey, encrypt }) => {
    const bytes = change(Buffer.from(await encrypt(await newKey()), 'base64'))
    return call('Decrypt', { CiphertextBlob: bytes.toString('base64') })
  }
}

/** A ciphertext that is refused without a word. */
export const garbled = (situation: string, strength: Strength, ask: Situation['ask']): Situation => ({
  situation,
  strength,
  status: 400,
  members: ['__type'],
  code: 'InvalidCiphertextException',
  ask,
})

/** A refusal with a text. */
export const refused = (
  situation: string,
  strength: Strength,
  code: string,
  message: string,
  ask: Situation['ask'],
): Situation => ({ situation, strength, status: 400, members: ['__type', 'message'], code, message, ask })

/** A refusal for want of a right; the service spells the member of its text with a capital letter there. */
export const denied = (
  situation: string,
  strength: Strength,
  message: string,
  ask: Situation['ask'],
): Situation => ({
  situation,
  strength,
  status: 400,
  members: ['__type', 'Message'],
  code: 'AccessDeniedException',
  message,
  ask,
})
