import { type GcpKmsScene, keyName, type Outcome, outcomeOf, ring } from './gcp-kms-scene.ts'

/** One thing that the real service was seen to answer, as a fact, and how to bring the emulator to it. */
export interface Situation {
  readonly situation: string
  /** R: recorded by a test recorder; Q: quoted in an issue or a write-up. */
  readonly evidence: 'R' | 'Q'
  readonly run?: (scene: GcpKmsScene) => Promise<Outcome>
  /** gRPC status; REST recordings have the HTTP status that stands for it. */
  readonly code?: number
  readonly message?: string
  readonly details?: readonly object[]
  /** Members of the answer, by name: these and no others. */
  readonly members?: readonly string[]
  /** Members with these very values. */
  readonly values?: Readonly<Record<string, unknown>>
  /** Length of the ciphertext. */
  readonly ciphertextBytes?: number
  /** Why the emulator differs, or is not asked. */
  readonly differs?: string
}

export const eightBytes: Uint8Array = Buffer.from('a secret')
export const twentyOneBytes: Uint8Array = Buffer.from("I'm a secret message!")
export const associated: Uint8Array = Buffer.from('sample AAD')
export const second: string = `${ring}/cryptoKeys/second`

/** A ciphertext of the key. */
export async function sealed(
  { client }: GcpKmsScene,
  plaintext: Uint8Array = twentyOneBytes,
  aad?: Uint8Array,
): Promise<Buffer> {
  const request = { name: keyName, plaintext, ...(aad && { additionalAuthenticatedData: aad }) }
  const [{ ciphertext }] = await client.encrypt(request)
  return Buffer.from(ciphertext ?? '')
}

/** Encrypts, under a key that is made for it where there is none. */
export const encrypt =
  (name: string, plaintext: Uint8Array, aad?: Uint8Array) =>
  ({ client, emulator }: GcpKmsScene): Promise<Outcome> => {
    emulator.createKey(name)
    return outcomeOf(() =>
      client.encrypt({ name, plaintext, ...(aad && { additionalAuthenticatedData: aad }) }),
    )
  }

/** Decrypts what is made of the scene. */
export const decrypt =
  (ciphertext: (scene: GcpKmsScene) => Promise<Uint8Array>, name: string = keyName, aad?: Uint8Array) =>
  async (scene: GcpKmsScene): Promise<Outcome> => {
    const request = { name, ciphertext: await ciphertext(scene) }
    return outcomeOf(() =>
      scene.client.decrypt({ ...request, ...(aad && { additionalAuthenticatedData: aad }) }),
    )
  }
