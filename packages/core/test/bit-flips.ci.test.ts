import { expect, test } from 'vitest'
import { decodePagedHeader } from '../src/format/paged.ts'
import { keyring } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { flipBit, sealPaged } from './three-layouts.ts'

test('every changed bit in a page makes that page invalid and leaves the table of the other', async () => {
  // Why this is not a refusal stands in bit-flips.test.ts, which tries fewer bits and opens the envelope each time.
  const envelope = await sealPaged('hello', { keys: keyring({ seal: [memoryKek({ name: 'one' })] }) })
  const { header } = await decodePagedHeader(envelope)
  const blocks = envelope.subarray(0, 3 * 4096)
  for (let byte = 4096; byte < blocks.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const found = await decodePagedHeader(flipBit(blocks, byte, bit))
      const same = Buffer.compare(found.header.keyTableBytes, header.keyTableBytes) === 0
      if (!same || !found.unfinished || found.newestPage !== (byte < 8192 ? 2 : 1)) {
        expect.fail(`bit ${bit} of byte ${byte} changed something`)
      }
    }
  }
})
