import type { Scenario } from '../scenario.ts'

const at = {
  context: { tenant: 'acme', table: 'orders' },
  associatedData: { type: 'text', text: 'orders/1/card' },
} as const

const oneBody = ['KW-BOD-2', 'KW-BOD-3', 'KW-BOD-4']

/** Each layout, and the sizes at which the number of chunks changes. */
export const basics: readonly Scenario[] = [
  {
    ...at,
    id: 'compact-basic',
    title: 'a compact envelope opens',
    requirements: ['KW-HDR-1', 'KW-COM-1', 'KW-PRE-1', 'KW-TAB-1', 'KW-KEY-1', 'KW-REG-1', ...oneBody],
  },
  {
    ...at,
    id: 'detached-basic',
    title: 'a detached header opens the same body',
    requirements: ['KW-DET-1', ...oneBody],
    layout: 'detached',
  },
  {
    ...at,
    id: 'paged-basic',
    title: 'a paged envelope opens the same body',
    requirements: ['KW-PAG-1', 'KW-PAG-2', 'KW-PAG-6', 'KW-PAG-7', ...oneBody],
    layout: 'paged',
  },
  {
    ...at,
    id: 'shared-dek',
    title: 'a DEK that was shared through a cache is marked in the preamble',
    requirements: ['KW-PRE-5', 'KW-SEA-3'],
    dekUse: 1,
  },
  {
    id: 'bare',
    title: 'no context and no associated data',
    requirements: ['KW-CTX-1', 'KW-AD-2'],
  },
  ...[0, 1, 16_383, 16_384, 16_385, 32_768].map(
    (length): Scenario => ({
      id: `size-${length}`,
      title: `a plaintext of ${length} bytes`,
      requirements: ['KW-BOD-5', 'KW-BOD-6', 'KW-BOD-8'],
      plaintext: length,
    }),
  ),
  {
    ...at,
    id: 'detached-three-chunks',
    title: 'a detached body of three chunks',
    requirements: ['KW-DET-1', 'KW-BOD-6'],
    layout: 'detached',
    plaintext: 40_000,
  },
  {
    ...at,
    id: 'paged-two-chunks',
    title: 'a paged body of two chunks',
    requirements: ['KW-PAG-8', 'KW-BOD-6'],
    layout: 'paged',
    plaintext: 20_000,
  },
  {
    ...at,
    id: 'text-basic',
    title: 'a text envelope opens',
    requirements: ['KW-TXT-1'],
    text: (text) => text,
  },
  {
    id: 'text-url-alphabet',
    title: 'a text envelope uses the minus and underscore of base64url',
    requirements: ['KW-TXT-1'],
    plaintext: 300,
    text: (text) => text,
  },
]
