import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { allVectors } from '../generate/all.ts'
import { openReference } from '../generate/open-reference.ts'
import { plaintextBytes } from '../src/index.ts'

const envelopes = allVectors().filter((vector) => vector.kind === 'envelope')
const valid = envelopes.filter((vector) => vector.expected.result === 'valid')

test.each(valid.map((vector) => [vector.id, vector] as const))(
  '%s opens by the reference routine to its plaintext',
  (_, vector) => {
    const plaintext = openReference(vector)
    expect(Buffer.compare(plaintext, plaintextBytes(vector.sealed.plaintext))).toBe(0)
    expect(vector.expected).toMatchObject({
      plaintext: {
        length: plaintext.length,
        sha512: createHash('sha512').update(plaintext).digest('hex'),
      },
    })
  },
)
