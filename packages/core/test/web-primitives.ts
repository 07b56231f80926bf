import type { webcrypto } from 'node:crypto'
import { chunksToOpen, chunksToSeal, sealedChunkBytes, writeChunkNonce } from '../src/crypto/chunk-run.ts'
import type * as primitives from '../src/crypto/primitives.ts'

// The exports of crypto/primitives.ts on WebCrypto alone, all of them asynchronous where WebCrypto is: a proof that
// what stands on them does not need synchronous answers.

type Primitives = typeof primitives

interface WebMacKey {
  readonly sha256: webcrypto.CryptoKey
  readonly sha512: webcrypto.CryptoKey
}

const { subtle } = globalThis.crypto

/** A copy that WebCrypto's types take: never shared memory. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

async function hmac(key: webcrypto.CryptoKey, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await subtle.sign('HMAC', key, own(Buffer.concat(parts))))
}

function webKey(key: unknown): webcrypto.CryptoKey {
  return key as webcrypto.CryptoKey
}

export const importMacKey: Primitives['importMacKey'] = async (bytes) => {
  const [sha256, sha512] = await Promise.all(
    ['SHA-256', 'SHA-512'].map((hash) =>
      subtle.importKey('raw', own(bytes), { name: 'HMAC', hash }, false, ['sign']),
    ),
  )
  return { sha256, sha512 } as unknown as primitives.MacKey
}

export const importAesKey: Primitives['importAesKey'] = async (bytes) => {
  const key = await subtle.importKey('raw', own(bytes), 'AES-GCM', false, ['encrypt', 'decrypt'])
  return key as unknown as primitives.AesKey
}

export const allocate: Primitives['allocate'] = (length) => new Uint8Array(length)

export const nextTurn: Primitives['nextTurn'] = () => new Promise((resolve) => setTimeout(resolve, 0))

export const randomBytes: Primitives['randomBytes'] = (length) =>
  globalThis.crypto.getRandomValues(new Uint8Array(length))

export const sha256: Primitives['sha256'] = async (bytes) =>
  new Uint8Array(await subtle.digest('SHA-256', own(bytes)))

export const hmacSha256: Primitives['hmacSha256'] = (key, message) =>
  hmac((key as unknown as WebMacKey).sha256, [message])

export const expand: Primitives['expand'] = async (key, info, length) => {
  const mac = (key as unknown as WebMacKey).sha512
  const first = await hmac(mac, [...info, Uint8Array.of(1)])
  const second = await hmac(mac, [first, ...info, Uint8Array.of(2)])
  return own(Buffer.concat([first, second]).subarray(0, length))
}

export const equalBytes: Primitives['equalBytes'] = (a, b) => {
  let difference = a.length ^ b.length
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0)
  return difference === 0
}

function gcm(baseNonce: Uint8Array, chunk: number): { name: string; iv: Uint8Array<ArrayBuffer> } {
  const iv = new Uint8Array(12)
  writeChunkNonce(iv, baseNonce, chunk)
  return { name: 'AES-GCM', iv }
}

export const sealChunks: Primitives['sealChunks'] = async (run) => {
  const chunks = chunksToSeal(run)
  for (let at = 0; at < chunks; at++) {
    const input = own(run.input.subarray(at * 16_384, (at + 1) * 16_384))
    const sealed = await subtle.encrypt(gcm(run.baseNonce, run.firstChunk + at), webKey(run.key), input)
    run.output.set(new Uint8Array(sealed), at * sealedChunkBytes)
  }
}

export const openChunks: Primitives['openChunks'] = async (run) => {
  const chunks = chunksToOpen(run)
  for (let at = 0; at < chunks; at++) {
    const input = own(run.input.subarray(at * sealedChunkBytes, (at + 1) * sealedChunkBytes))
    try {
      const opened = await subtle.decrypt(gcm(run.baseNonce, run.firstChunk + at), webKey(run.key), input)
      run.output.set(new Uint8Array(opened), at * 16_384)
    } catch {
      return at
    }
  }
  return chunks
}
