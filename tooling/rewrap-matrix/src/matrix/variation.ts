/** How an envelope of the matrix is made. */
export interface Variation {
  /** Whether a value of its context is withheld from the header. */
  readonly withheld: boolean
  /** Whether 2 of 3 groups have to agree, two of them local keys. */
  readonly kOfN: boolean
  /** A file, with its two pages, or one piece of bytes. */
  readonly layout: 'compact' | 'file'
  /** Whether its data key is in another envelope too. */
  readonly shared: boolean
}

/** The six schemes, in the order of rows and columns. */
export const schemes = ['aws-kms', 'gcp-kms', 'azure-key-vault', 'vault-transit', 'pkcs11', 'local'] as const

/** Name of a row or column. */
export type Scheme = (typeof schemes)[number]

/**
 * Which variation each ordered pair is tried with: rows are sources, columns are targets, in the order of `schemes`.
 * `w` withheld, `k` k of n, `f` file (else compact), `s` shared data key, `-` none of them. Each source and each target
 * meets both values of each, and every two of the four meet in all combinations; a test counts.
 */
const table: readonly string[] = [
  'f    wk   ks   wf   -    wkfs',
  'wks  fs   w    kf   wkf  s',
  'k    wkfs f    s    wfs  wk',
  'ws   kf   wkfs k    fs   w',
  'kfs  -    wks  wkf  w    f',
  'wf   ws   kf   -    ks   fk',
]

/** One ordered pair with its variation. */
export interface Cell {
  readonly from: Scheme
  readonly to: Scheme
  readonly variation: Variation
  /** The letters of the table. */
  readonly letters: string
}

/** All 36 pairs. */
export const cells: readonly Cell[] = schemes.flatMap((from, row) =>
  schemes.map((to, column) => {
    const letters = table[row]?.split(/ +/)[column] ?? ''
    return { from, to, letters, variation: variationOf(letters) }
  }),
)

/** The variation that letters of the table stand for. */
export function variationOf(letters: string): Variation {
  const has = (letter: string): boolean => letters.includes(letter)
  return { withheld: has('w'), kOfN: has('k'), layout: has('f') ? 'file' : 'compact', shared: has('s') }
}
