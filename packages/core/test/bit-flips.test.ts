import { expect, test } from 'vitest'
import { decodeHeader } from '../src/format/header.ts'
import { decodePagedHeader } from '../src/format/paged.ts'
import { type Envelope, keyring, open } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { outcomeOf } from './outcome.ts'
import { allLayouts, flipBit, headerOf, sealAs, textOf, withHeader } from './three-layouts.ts'

/** The layout byte's offset. */
const layoutAt = 5
const material = new Uint8Array(32).fill(7)
const keys = keyring({ seal: [memoryKek({ name: 'one', material })] })
const at = { keys, context: { t: 'a' }, associatedData: 'row' }

/** Every bit of the header region whose change leaves an envelope that opens, as `byte.bit`. */
async function unauthenticatedBits(envelope: Envelope): Promise<readonly string[]> {
  const bytes = headerOf(envelope)
  const found: string[] = []
  for (let byte = 0; byte < bytes.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const altered = withHeader(envelope, flipBit(bytes, byte, bit))
      if ((await outcomeOf(open(altered, at))) === 'ok') found.push(`${byte}.${bit}`)
    }
  }
  return found
}

test('no bit of a compact envelope can be changed', async () => {
  const envelope = await sealAs('compact', 'hello', at)
  expect(await unauthenticatedBits(envelope)).toEqual([])
})

test('no bit of a detached header can be changed but the one that makes it compact', async () => {
  // Where the table stands is left out of what the body authenticates, so that an envelope can change its layout
  // without its body (KW-BOD-2). A header of the other layout holds the same table: the same DEK, nothing gained.
  const envelope = await sealAs('detached', 'hello', at)
  expect(await unauthenticatedBits(envelope)).toEqual([`${layoutAt}.0`])
})

test('no bit of a detached body can be changed', async () => {
  const { header, body } = (await sealAs('detached', 'hello', at)) as { header: Uint8Array; body: Uint8Array }
  for (let byte = 0; byte < body.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const outcome = await outcomeOf(open({ header, body: flipBit(body, byte, bit) }, at))
      expect([byte, bit, outcome]).toEqual([byte, bit, 'authentication-failed'])
    }
  }
})

test('a changed bit in block 0 or the body of a paged envelope is refused', async () => {
  const envelope = (await sealAs('paged', 'hello', at)) as Uint8Array
  for (let byte = 0; byte < envelope.length; byte++) {
    const inPages = byte >= 4096 && byte < 3 * 4096
    if (inPages) continue
    for (let bit = 0; bit < 8; bit++) {
      const outcome = await outcomeOf(open(flipBit(envelope, byte, bit), at))
      expect([byte, bit, outcome], 'a changed bit').not.toEqual([byte, bit, 'ok'])
    }
  }
})

test('a changed bit in one page makes the page invalid, and the other one opens', async () => {
  // By design: a torn page is what a power cut leaves, and the page beside it is whole. The table that is used is
  // the one that was written, and inspection says that the pages differ.
  const envelope = (await sealAs('paged', 'hello', at)) as Uint8Array
  for (const page of [4096, 8192]) {
    for (let byte = page; byte < page + 4096; byte += byte < page + 200 ? 1 : 97) {
      const altered = flipBit(envelope, byte, byte % 8)
      expect([byte, textOf(await open(altered, at))]).toEqual([byte, 'hello'])
      const { header, unfinished } = await decodePagedHeader(altered)
      expect(unfinished).toBe(true)
      expect(header.keyTableBytes).toEqual((await decodePagedHeader(envelope)).header.keyTableBytes)
    }
  }
})

test('the same bit changed in both pages is refused', async () => {
  const envelope = (await sealAs('paged', 'hello', at)) as Uint8Array
  for (let byte = 0; byte < 4096; byte += byte < 200 ? 1 : 61) {
    const altered = flipBit(flipBit(envelope, 4096 + byte, 3), 8192 + byte, 3)
    expect([byte, await outcomeOf(open(altered, at))]).toEqual([byte, 'malformed-envelope'])
  }
})

test('a slot that is not used can be changed without harm to the one that is', async () => {
  // By design: no key authenticates the table, so that a rewrap inside the key manager never needs the DEK. Spoiling
  // a slot denies it to its holder, as deleting the envelope would, and gives nobody another plaintext.
  const two = keyring({ seal: [memoryKek({ name: 'one', material }), memoryKek({ name: 'two' })] })
  const envelope = (await sealAs('compact', 'hello', { ...at, keys: two })) as Uint8Array
  const { header, length } = decodeHeader(envelope)
  const tableAt = length - header.keyTableBytes.length
  for (let byte = tableAt; byte < length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const altered = flipBit(envelope, byte, bit)
      const opened = await open(altered, at).then(textOf, () => undefined)
      expect([byte, bit, opened === undefined || opened === 'hello']).toEqual([byte, bit, true])
    }
  }
})

test('every layout opens unchanged', async () => {
  for (const layout of allLayouts) {
    expect(textOf(await open(await sealAs(layout, 'hello', at), at))).toBe('hello')
  }
})
