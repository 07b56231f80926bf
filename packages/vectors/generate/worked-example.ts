import type { EnvelopeVector } from '../src/index.ts'
import { linesToBytes } from '../src/index.ts'
import { hex } from './bytes.ts'

const begin = '<!-- worked-example:begin -->\n'
const end = '<!-- worked-example:end -->'

/** Hexadecimal in lines of 32 bytes, indented under a name. */
function block(name: string, value: string): string {
  const lines = value.match(/.{1,64}/g) ?? ['(empty)']
  return [name, ...lines.map((line) => `  ${line}`)].join('\n')
}

function envelopeFields(input: Uint8Array): (readonly [string, Uint8Array])[] {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const keyCheck = 12 + view.getUint32(8)
  const table = keyCheck + 20
  const body = table + view.getUint32(keyCheck + 16)
  const ends: readonly (readonly [string, number])[] = [
    ['magic', 4],
    ['version, layout, blockShift, reserved', 8],
    ['preamble length', 12],
    ['preamble', keyCheck],
    ['key check', keyCheck + 16],
    ['key table length', table],
    ['key table', body],
    ['salt', body + 24],
    ['commitment', body + 56],
    ['chunk 0: ciphertext', input.length - 16],
    ['chunk 0: tag', input.length],
  ]
  return ends.map(([name, to], i) => [name, input.slice(ends[i - 1]?.[1] ?? 0, to)])
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Section 21 of the specification, made from a compact vector. */
export function workedExample(vector: EnvelopeVector): string {
  if (!('bytes' in vector.envelope) || vector.intermediate === undefined) {
    throw new RangeError('the worked example is a valid compact vector')
  }
  const { sealed, intermediate, slots } = vector
  const inputs = [
    block('DEK', sealed.dek),
    `context\n  ${JSON.stringify(sealed.context)}`,
    `associated data (text)\n  ${sealed.associatedData.type === 'text' ? sealed.associatedData.text : ''}`,
    block('salt', sealed.salt),
    block('plaintext', textOf(sealed.plaintext)),
    ...vector.reader.keks.map((kek) => block(`KEK ${kek.uri} version ${kek.version}`, kek.key)),
  ]
  const derived = [
    block('contextBytes', textOf(intermediate.contextBytes)),
    block('adBytes', textOf(intermediate.adBytes)),
    block('contextDigest("dek"), the AAD of the wrap', intermediate.contextDigest.dek),
    ...slots.map((slot) => block('wrapped: nonce, ciphertext, tag', textOf(slot.wrapped))),
    block('info of the key check', textOf(intermediate.keyCheckInfo)),
    block('bodyContext', textOf(intermediate.bodyContext)),
    block('payloadKey', intermediate.payloadKey),
    block('baseNonce', intermediate.baseNonce),
  ]
  const fields = envelopeFields(linesToBytes(vector.envelope.bytes)).map(([name, bytes]) =>
    block(name, hex(bytes)),
  )
  return ['Inputs:', inputs, 'Derived:', derived, 'The envelope:', fields]
    .map((part) => (typeof part === 'string' ? part : `\`\`\`text\n${part.join('\n')}\n\`\`\``))
    .join('\n\n')
}

/** Replaces the section between the two marks. */
export function withWorkedExample(specification: string, example: string): string {
  const from = specification.indexOf(begin) + begin.length
  const to = specification.indexOf(end)
  if (from < begin.length || to < from) throw new RangeError('the specification lacks its marks')
  return `${specification.slice(0, from)}\n${example}\n\n${specification.slice(to)}`
}
