import { createDecipheriv } from 'node:crypto'
import type { EnvelopeVector, VectorSlot } from '../src/index.ts'
import { linesToBytes, runBytes } from '../src/index.ts'
import { bodyKeys, chunkNonce } from './body.ts'
import { concat, fromHex, lp, sha256, u8, utf8 } from './bytes.ts'
import { textMap } from './cbor.ts'
import {
  associatedDataBytes,
  bodyContext,
  contextDigest,
  hkdfExpand,
  keyCheckInfo,
  shareCheckInfo,
} from './derive.ts'
import { combine } from './shamir.ts'
import { xaesOpen } from './xaes.ts'

const sealedChunk = 16_400

interface Input {
  readonly preamble: Uint8Array
  readonly keyCheck: Uint8Array
  readonly table: Uint8Array
  readonly body: Uint8Array
}

const u32At = (bytes: Uint8Array, offset: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset)

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

function required(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

function readBytes(vector: EnvelopeVector): { header: Uint8Array; body?: Uint8Array } {
  const { envelope } = vector
  if ('bytes' in envelope) return { header: linesToBytes(envelope.bytes) }
  if ('text' in envelope) return { header: Uint8Array.from(Buffer.from(envelope.text.slice(4), 'base64url')) }
  return { header: linesToBytes(envelope.header), body: linesToBytes(envelope.body) }
}

/** The table of the newest valid page, from bytes that begin with block 0. */
function newestTable(
  bytes: Uint8Array,
  block: number,
  preamble: Uint8Array,
  keyCheck: Uint8Array,
): Uint8Array {
  const label = concat(utf8('keywright-envelope/v1/page'), u8(0), lp(preamble), keyCheck)
  const valid = [bytes.subarray(block, 2 * block), bytes.subarray(2 * block, 3 * block)]
    .filter((page) => equal(sha256(concat(label, page.subarray(0, -32))), page.subarray(-32)))
    .toSorted((a, b) => Buffer.compare(b.subarray(0, 8), a.subarray(0, 8)))
  const page = valid[0]
  if (page === undefined) throw new Error('no valid page')
  return page.slice(12, 12 + u32At(page, 8))
}

function readInput(vector: EnvelopeVector): Input {
  const { header, body } = readBytes(vector)
  required(equal(header.subarray(0, 5), Uint8Array.of(0x89, 0x4b, 0x57, 0x45, 1)), 'magic and version')
  const checkAt = 12 + u32At(header, 8)
  const preamble = header.slice(12, checkAt)
  const keyCheck = header.slice(checkAt, checkAt + 16)
  if (header[5] === 2) {
    const block = 4096 << (header[6] ?? 0)
    const table = newestTable(header, block, preamble, keyCheck)
    return { preamble, keyCheck, table, body: header.slice(3 * block) }
  }
  const tableAt = checkAt + 20
  const tableEnd = tableAt + u32At(header, checkAt + 16)
  return {
    preamble,
    keyCheck,
    table: header.slice(tableAt, tableEnd),
    body: body ?? header.slice(tableEnd),
  }
}

/** Unwraps every slot of the table that a configured KEK can, for real. */
function unwrapShares(
  vector: EnvelopeVector,
  input: Input,
  contextBytes: Uint8Array,
): Map<number, Uint8Array> {
  const shares = new Map<number, Uint8Array>()
  const aad = contextDigest(vector.sealed.k < 2 ? 'dek' : 'share', contextBytes)
  const inTable = (slot: VectorSlot): boolean =>
    Buffer.from(input.table).includes(Buffer.from(runBytes(slot.wrapped)))
  for (const slot of vector.slots.filter((one) => one.answer !== null && inTable(one))) {
    const kek = vector.reader.keks.find(
      (one) =>
        one.version === slot.version &&
        one.algorithm === slot.algorithm &&
        (slot.kind === 1 || one.uri === `${slot.scheme}://${slot.reference}`),
    )
    const wrapped = runBytes(slot.wrapped)
    if (kek === undefined) continue
    shares.set(slot.group, xaesOpen(fromHex(kek.key), wrapped.slice(0, 24), wrapped.slice(24), aad))
  }
  return shares
}

function recoverDek(vector: EnvelopeVector, input: Input, contextBytes: Uint8Array): Uint8Array {
  const shares = unwrapShares(vector, input, contextBytes)
  const { k, groups } = vector.sealed
  if (k < 2) return shares.get(0) ?? new Uint8Array(0)
  const chosen = [...shares].slice(0, k).map(([index, share]) => ({ index, share }))
  for (const { index, share } of chosen) {
    const info = shareCheckInfo(index, k, groups.length, input.preamble, contextBytes)
    const check = hkdfExpand(share, info, 16)
    required(Buffer.from(input.table).includes(Buffer.from(check)), 'share check')
  }
  return combine(chosen)
}

function openChunks(key: Uint8Array, baseNonce: Uint8Array, chunks: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  required(chunks.length % sealedChunk >= 16, 'a short last chunk')
  for (let i = 0; i * sealedChunk < chunks.length; i += 1) {
    const chunk = chunks.subarray(i * sealedChunk, (i + 1) * sealedChunk)
    const decipher = createDecipheriv('aes-256-gcm', key, chunkNonce(baseNonce, BigInt(i)), {
      authTagLength: 16,
    })
    decipher.setAuthTag(chunk.subarray(-16))
    parts.push(decipher.update(chunk.subarray(0, -16)), decipher.final())
  }
  return concat(...parts)
}

/**
 * Opens a valid vector as its reader would, without any strictness.
 *
 * @throws Error where a check or a tag fails
 */
export function openReference(vector: EnvelopeVector): Uint8Array {
  const contextBytes = textMap(vector.reader.context)
  const adBytes = associatedDataBytes(vector.reader.associatedData)
  const input = readInput(vector)
  const dek = recoverDek(vector, input, contextBytes)
  required(dek.length === 32, 'a DEK of 32 bytes')
  const check = hkdfExpand(dek, keyCheckInfo(input.preamble, contextBytes), 16)
  required(equal(check, input.keyCheck), 'key check')
  const salt = input.body.slice(0, 24)
  const keys = bodyKeys(dek, salt, bodyContext(input.preamble, contextBytes, adBytes))
  required(equal(keys.commitment, input.body.slice(24, 56)), 'commitment')
  return openChunks(keys.payloadKey, keys.baseNonce, input.body.subarray(56))
}
