/**
 * Whether any of some byte strings stands in a stream, also across the pieces that it comes in.
 *
 * @param pieces of the stream
 * @param wanted none empty
 */
export async function findBytes(
  pieces: AsyncIterable<Uint8Array>,
  wanted: readonly Buffer[],
): Promise<boolean> {
  const overlap = Math.max(0, ...wanted.map(({ length }) => length)) - 1
  let end = Buffer.alloc(0)
  for await (const piece of pieces) {
    const seen = Buffer.concat([end, piece])
    if (wanted.some((bytes) => seen.includes(bytes))) return true
    end = seen.subarray(Math.max(0, seen.length - overlap))
  }
  return false
}
