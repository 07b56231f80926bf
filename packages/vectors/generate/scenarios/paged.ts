import { flipBit, overwrite, u32, zeros } from '../bytes.ts'
import type { GroupPlan, PagePlan, Scenario } from '../scenario.ts'

const oldKek = { name: 'vectors', version: '1' }
const newKek = { name: 'moved-to', version: '1' }
const under = (kek: typeof oldKek): readonly GroupPlan[] => [{ index: 0, slots: [{ kek }] }]

const page = (generation: bigint, kek = oldKek, more: Partial<PagePlan> = {}): PagePlan => ({
  generation,
  groups: under(kek),
  ...more,
})
const torn = (plan: PagePlan): PagePlan => ({
  ...plan,
  afterDigest: (bytes) => overwrite(bytes, 512, zeros(512).fill(0x5a)),
})

const paged = (
  id: string,
  title: string,
  requirements: readonly string[],
  more: Partial<Scenario>,
): Scenario => ({
  id: `paged-${id}`,
  title,
  requirements,
  layout: 'paged',
  plaintext: 'file',
  ...more,
})

const both = (plan: PagePlan): { pages: readonly [PagePlan, PagePlan] } => ({ pages: [plan, plan] })
const malformed = { code: 'malformed-envelope' } as const

const dirtyPadding = (generation: bigint): PagePlan =>
  page(generation, oldKek, { beforeDigest: (bytes) => flipBit(bytes, bytes.length - 1) })

/** Pages as rewraps and crashes leave them. */
export const pagedFiles: readonly Scenario[] = [
  ...[0, 1, 2, 3, 4].map((blockShift) =>
    paged(
      `shift-${blockShift}`,
      `blocks of ${4096 << blockShift} bytes, also where smaller ones would do`,
      ['KW-HDR-4', 'KW-PAG-6'],
      { blockShift },
    ),
  ),
  paged('shift-5', 'a blockShift of 5 is refused', ['KW-HDR-4'], { edit: (b) => b.with(6, 5), ...malformed }),
  paged('newer-page-1', 'the newer page 1 is the table', ['KW-PAG-4', 'KW-REW-11'], {
    pages: [page(2n, newKek), page(1n)],
    reader: { keks: [newKek] },
  }),
  paged('newer-page-2', 'the newer page 2 is the table', ['KW-PAG-4', 'KW-REW-11'], {
    pages: [page(1n), page(2n, newKek)],
    reader: { keks: [newKek] },
  }),
  paged('newer-only', 'the older page is not used because no KEK fits the newer one', ['KW-PAG-4'], {
    pages: [page(1n), page(2n, newKek)],
    reader: { keks: [oldKek] },
    code: 'no-matching-key',
  }),
  paged('newer-by-many', 'generations are compared as 64-bit numbers', ['KW-PAG-4', 'KW-NOT-1'], {
    pages: [page(0x1_0000_0000n, newKek), page(0xffff_ffffn)],
    reader: { keks: [newKek] },
  }),
  paged('torn-page-1', 'a torn page 1 leaves the other', ['KW-PAG-2', 'KW-REW-11'], {
    pages: [torn(page(2n, newKek)), page(1n)],
    reader: { keks: [oldKek] },
  }),
  paged('torn-page-2', 'a torn page 2 leaves the other', ['KW-PAG-2', 'KW-REW-11'], {
    pages: [page(2n, newKek), torn(page(1n))],
    reader: { keks: [newKek] },
  }),
  paged('torn-both', 'two torn pages are refused', ['KW-PAG-5'], {
    pages: [torn(page(1n)), torn(page(1n))],
    ...malformed,
  }),
  paged('zeroed-page', 'a page of zeros is not valid, and leaves the other', ['KW-PAG-2'], {
    pages: [page(1n, oldKek, { afterDigest: (b) => zeros(b.length) }), page(1n)],
  }),
  paged('digest-flipped', 'one flipped bit of both digests is refused', ['KW-PAG-2'], {
    ...both(page(1n, oldKek, { afterDigest: (b) => flipBit(b, b.length - 1) })),
    ...malformed,
  }),
  paged('equal-generations', 'different pages of equal generation are refused', ['KW-PAG-4'], {
    pages: [page(3n), page(3n, newKek)],
    ...malformed,
  }),
  paged('generation-0', 'generation 0 is refused', ['KW-PAG-3'], { ...both(page(0n)), ...malformed }),
  paged('generation-largest', 'the largest generation opens', ['KW-PAG-3'], both(page(1n << 48n))),
  paged('generation-over', 'a generation over the largest is refused', ['KW-PAG-3'], {
    ...both(page((1n << 48n) + 1n)),
    ...malformed,
  }),
  paged('padding-block-0', 'a byte other than zero after the key check is refused', ['KW-PAG-1'], {
    edit: (b, at) => flipBit(b, at.keyCheck + 16),
    ...malformed,
  }),
  paged('padding-block-0-end', 'a byte other than zero at the end of block 0 is refused', ['KW-PAG-1'], {
    edit: (b, at) => flipBit(b, at.block - 1),
    ...malformed,
  }),
  paged('padding-pages', 'a byte other than zero after the table is refused', ['KW-PAG-3'], {
    ...both(dirtyPadding(1n)),
    ...malformed,
  }),
  paged('padding-older-page', 'so it is in the older page', ['KW-PAG-3'], {
    pages: [dirtyPadding(1n), page(2n)],
    ...malformed,
  }),
  paged('table-over-page', 'a table length over the page is refused', ['KW-PAG-3'], {
    ...both(page(1n, oldKek, { beforeDigest: (b) => overwrite(b, 8, u32(4096 - 44 + 1)) })),
    code: 'limit-exceeded',
  }),
  paged('preamble-over-block', 'a preamble length over the block is refused', ['KW-HDR-6'], {
    edit: (b) => overwrite(b, 8, u32(4096 - 28 + 1)),
    code: 'limit-exceeded',
  }),
  paged('large-preamble', 'a preamble over 4,068 bytes takes a larger block', ['KW-PAG-6'], {
    context: { a: 'x'.repeat(2048), b: 'y'.repeat(2034) },
  }),
  paged('five-rsa-4096', 'five RSA-4096 slots fit into blocks of 4 KiB', ['KW-PAG-6', 'KW-TAB-7'], {
    groups: [
      {
        index: 0,
        slots: [
          {},
          ...[1, 2, 3, 4, 5].map((i) => ({
            scheme: 'azure-key-vault',
            reference: `vault-${i}.vault.azure.net/keys/backup`,
            version: String(i).repeat(32),
            algorithm: 'azure.rsa-oaep-256',
            wrapped: zeros(512).fill(i),
            answer: null,
          })),
        ],
      },
    ],
  }),
  paged('pages-of-another', 'pages of another envelope are not valid', ['KW-PAG-2'], {
    edit: (b, at) => flipBit(b, at.keyCheck),
    ...malformed,
  }),
  ...(
    [
      ['block-0', (b: number) => b - 1],
      ['page-1', (b: number) => 2 * b - 1],
      ['page-2', (b: number) => 3 * b - 1],
      ['body', (b: number) => 3 * b],
      ['salt', (b: number) => 3 * b + 23],
      ['commitment', (b: number) => 3 * b + 55],
      ['first-chunk', (b: number) => 3 * b + 56],
    ] as const
  ).map(([where, length]) =>
    paged(
      `truncated-${where}`,
      `a paged envelope that ends at or in its ${where.replace('-', ' ')} is truncated`,
      ['KW-PAG-8', 'KW-BOD-8'],
      {
        edit: (b, at) => b.slice(0, length(at.block)),
        code: 'truncated',
      },
    ),
  ),
]
