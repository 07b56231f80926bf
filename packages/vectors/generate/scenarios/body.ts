import { concat, flipBit, zeros } from '../bytes.ts'
import type { Offsets, Scenario } from '../scenario.ts'

const damaged = (
  id: string,
  title: string,
  requirements: readonly string[],
  edit: (input: Uint8Array, at: Offsets) => Uint8Array,
  code: NonNullable<Scenario['code']> = 'authentication-failed',
  plaintext: string | number = 'body',
): Scenario => ({ id: `body-${id}`, title, requirements, plaintext, edit, code })

const chunks = (
  id: string,
  title: string,
  plaintext: number,
  change: (chunks: readonly Uint8Array[]) => readonly Uint8Array[],
  code: NonNullable<Scenario['code']> = 'authentication-failed',
): Scenario => ({
  id: `body-${id}`,
  title,
  requirements: ['KW-BOD-6', 'KW-BOD-9'],
  plaintext,
  chunks: change,
  code,
})

const cut = (id: string, title: string, length: number): Scenario =>
  damaged(`truncated-${id}`, title, ['KW-BOD-8'], (b, at) => b.slice(0, at.body + length), 'truncated')

const only = (all: readonly Uint8Array[], ...positions: readonly number[]): Uint8Array[] =>
  positions.flatMap((position) => all.slice(position, position + 1))

/** Damage to salt, commitment and chunks. */
export const body: readonly Scenario[] = [
  damaged('salt-flipped', 'a flipped bit of the salt is refused', ['KW-BOD-1', 'KW-BOD-4'], (b, at) =>
    flipBit(b, at.body),
  ),
  damaged(
    'salt-last-flipped',
    'a flipped bit at the end of the salt is refused',
    ['KW-BOD-1', 'KW-BOD-4'],
    (b, at) => flipBit(b, at.body + 23, 0x80),
  ),
  damaged('commitment-flipped', 'a flipped bit of the commitment is refused', ['KW-BOD-4'], (b, at) =>
    flipBit(b, at.body + 24),
  ),
  damaged(
    'commitment-last-flipped',
    'a flipped bit at the end of the commitment is refused',
    ['KW-BOD-4'],
    (b, at) => flipBit(b, at.body + 55, 0x80),
  ),
  damaged(
    'commitment-empty-plaintext',
    'the commitment is compared where there is no plaintext',
    ['KW-BOD-4'],
    (b, at) => flipBit(b, at.body + 40),
    'authentication-failed',
    0,
  ),
  damaged('ciphertext-flipped', 'a flipped bit of the ciphertext is refused', ['KW-BOD-9'], (b, at) =>
    flipBit(b, at.body + 56),
  ),
  damaged('tag-flipped', 'a flipped bit of the tag is refused', ['KW-BOD-9'], (b, at) =>
    flipBit(b, at.end - 1),
  ),
  damaged(
    'tag-flipped-empty',
    'a flipped tag of an empty plaintext is refused',
    ['KW-BOD-9'],
    (b, at) => flipBit(b, at.end - 16, 0x80),
    'authentication-failed',
    0,
  ),
  damaged('appended-byte', 'an appended byte is refused', ['KW-BOD-9'], (b) => concat(b, zeros(1))),
  damaged('appended-16', 'sixteen appended bytes are refused', ['KW-BOD-9'], (b) => concat(b, zeros(16))),
  damaged('cut-in-last-chunk', 'a cut inside the last chunk is refused', ['KW-BOD-9'], (b) => b.slice(0, -1)),
  damaged('appended-twice', 'a body after the body is refused', ['KW-BOD-9'], (b, at) =>
    concat(b, b.slice(at.body)),
  ),
  cut('none', 'an envelope without a body is truncated', 0),
  cut('salt', 'a body that ends inside its salt is truncated', 23),
  cut('no-commitment', 'a body that ends after its salt is truncated', 24),
  cut('commitment', 'a body that ends inside its commitment is truncated', 55),
  cut('no-chunk', 'a body without a chunk is truncated', 56),
  cut('short-tag', 'a last chunk of fewer than 16 bytes is truncated', 56 + 15),
  {
    ...cut('detached', 'a detached body without a chunk is truncated', 0),
    layout: 'detached',
    edit: (b) => b,
    editBody: (b) => b.slice(0, 56),
  },
  {
    ...damaged('detached-flipped', 'a flipped bit of a detached body is refused', ['KW-BOD-9'], (b) => b),
    layout: 'detached',
    editBody: (b) => flipBit(b, 60),
  },
  chunks('chunks-swapped', 'two chunks that changed places are refused', 32_769, (all) => only(all, 1, 0, 2)),
  chunks('chunk-repeated', 'a chunk that occurs twice is refused', 16_385, (all) => only(all, 0, 0, 1)),
  chunks('first-chunk-dropped', 'a body without its first chunk is refused', 16_385, (all) => only(all, 1)),
  chunks('middle-chunk-dropped', 'a body without its middle chunk is refused', 32_769, (all) =>
    only(all, 0, 2),
  ),
  chunks(
    'last-chunk-dropped',
    'a body without its last chunk is truncated',
    16_385,
    (all) => only(all, 0),
    'truncated',
  ),
  chunks(
    'last-chunk-cut',
    'a last chunk cut to 15 bytes is truncated',
    16_385,
    (all) => [...only(all, 0), ...only(all, 1).map((c) => c.slice(0, 15))],
    'truncated',
  ),
  {
    ...chunks(
      'last-chunk-full',
      'a body that ends in a full chunk is truncated',
      16_384,
      (all) => all,
      'truncated',
    ),
    endFull: true,
    requirements: ['KW-BOD-5', 'KW-BOD-8'],
  },
  chunks('extended', 'a chunk after the last one is refused', 16_384, (all) => only(all, 0, 1, 1)),
]
