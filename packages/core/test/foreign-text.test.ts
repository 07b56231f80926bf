import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable } from '../src/format/key-table.ts'
import { keyring, open, seal } from '../src/index.ts'
import { printable } from '../src/printable.ts'
import { memoryKek } from './memory-kek.ts'
import { errorOf } from './outcome.ts'
import { scriptedKek, wrapRequest } from './scripted-kek.ts'

const escapes = '\u001b[2J\u0007\r\n\u202e'

test('text of a header that a terminal would obey does not reach a message', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await seal('x', { keys })
  const { header, length } = decodeHeader(sealed)
  const groups = header.keyTable.groups.map((group) => ({
    ...group,
    slots: group.slots.map((slot) => ({ ...slot, scheme: escapes })),
  }))
  const forged = Buffer.concat([
    encodeHeader(header, encodeKeyTable({ threshold: 1, groups })),
    sealed.subarray(length),
  ])
  expect((await errorOf(open(forged, { keys }))).message).toMatch(/^[ -~]+$/)
  const name = `a${escapes}`
  const withheld = await seal('x', { keys, context: { [name]: 'v' }, withhold: [name] })
  expect((await errorOf(open(withheld, { keys, trustStoredContext: true }))).message).toMatch(/^[ -~]+$/)
})

test('printable text stays as it is, other text is escaped and cut', () => {
  expect(printable('aws-kms ~')).toBe('aws-kms ~')
  expect(printable('\u001b[')).toBe('\\u{1b}[')
  expect(printable('x'.repeat(81))).toBe(`${'x'.repeat(80)}…`)
})

test('a classification without a row, or with more than a record holds, leaves nothing else out', async () => {
  const classifications: readonly unknown[] = [
    undefined,
    {},
    { code: 7, requestId: { token: 'secret' }, retryAfterMs: 'soon' },
    { code: 'throttled', requestId: 'id-1', retryAfterMs: 20 },
  ]
  const records = []
  for (const classification of classifications) {
    const kek = scriptedKek({
      driver: {
        wrapKey: async () => {
          throw new Error('secret')
        },
      },
      definition: { classify: () => classification as { readonly code: 'unknown' } },
    })
    const { code, details } = await errorOf(kek.wrapKey(wrapRequest()))
    records.push([code, details.requestId, details.retryAfterMs])
  }
  expect(records).toEqual([
    ['unknown', undefined, undefined],
    ['unknown', undefined, undefined],
    ['unknown', undefined, undefined],
    ['throttled', 'id-1', 20],
  ])
})
