/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (KW-KOF-1). */
export function multiply(a: number, b: number): number {
  let product = 0
  let x = a
  for (let bit = 0; bit < 8; bit += 1) {
    if ((b >> bit) & 1) product ^= x
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0)
  }
  return product
}

function inverse(a: number): number {
  let power = 1
  for (let i = 0; i < 254; i += 1) power = multiply(power, a)
  return power
}

/** The share at `x`; `coefficients` holds 32 bytes for each degree from 1. */
export function share(secret: Uint8Array, coefficients: readonly Uint8Array[], x: number): Uint8Array {
  return secret.map(
    (constant, i) =>
      constant ^ coefficients.reduceRight((sum, degree) => multiply(sum ^ (degree[i] ?? 0), x), 0),
  )
}

/** Interpolates at 0. */
export function combine(shares: readonly { index: number; share: Uint8Array }[]): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, byte) =>
    shares.reduce((sum, { index, share: values }) => {
      const weight = shares
        .filter((other) => other.index !== index)
        .reduce((w, other) => multiply(w, multiply(other.index, inverse(other.index ^ index))), 1)
      return sum ^ multiply(values[byte] ?? 0, weight)
    }, 0),
  )
}
