/** A number as a protobuf varint. */
export function varint(number: number): Uint8Array {
  const bytes: number[] = []
  let rest = number
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Uint8Array.from([...bytes, rest])
}

/** Bytes as a length-delimited protobuf field. */
export function lengthDelimited(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of((field << 3) | 2), varint(bytes.length), bytes])
}

/**
 * Reads a length-delimited field of this number from the beginning.
 *
 * @returns its bytes and what follows; undefined where there is no such field, or not all of it
 */
export function readDelimited(
  bytes: Uint8Array,
  field: number,
): readonly [content: Uint8Array, rest: Uint8Array] | undefined {
  if (bytes[0] !== ((field << 3) | 2)) return undefined
  let length = 0
  // Four bytes hold more than any message here is long.
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[index]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 0x80 ** (index - 1)
    if (byte >= 0x80) continue
    const start = index + 1
    const end = start + length
    return end > bytes.length ? undefined : [bytes.subarray(start, end), bytes.subarray(end)]
  }
  return undefined
}
