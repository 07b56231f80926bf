import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'

/** age-encryption with one X25519 recipient. It knows no cache: fresh and cached are the same work. */
export interface AgePeer {
  readonly seal: (plain: Uint8Array) => Promise<Uint8Array>
  readonly open: (sealed: Uint8Array) => Promise<Uint8Array>
}

/** A new identity and its recipient, set up once, as a caller would. */
export async function agePeer(): Promise<AgePeer> {
  const identity = await generateX25519Identity()
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(identity))
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return {
    seal: (plain) => encrypter.encrypt(plain),
    open: (sealed) => decrypter.decrypt(sealed),
  }
}
