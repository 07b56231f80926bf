import { expect, test } from 'vitest'
import { bodySealer } from '../src/body/sealer.ts'
import { importMacKey } from '../src/crypto/primitives.ts'
import { keyring, openStream, sealStream } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'

const notBytes: readonly (readonly [string, unknown])[] = [
  ['text', 'hello'],
  ['an ArrayBuffer', new ArrayBuffer(5)],
  ['an array', [1, 2, 3]],
  ['a view of another type', new Uint16Array(3)],
]

for (const [what, piece] of notBytes) {
  test(`${what} is refused as a piece of a stream, and never sealed as zeros`, async () => {
    const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
    for (const stream of [sealStream({ keys }), openStream({ keys })]) {
      const writer = stream.writable.getWriter()
      const written = writer.write(piece as Uint8Array).then(() => writer.close())
      expect(await codeOf(Promise.all([written, new Response(stream.readable).bytes()]))).toBe(
        'invalid-argument',
      )
    }
    const sealer = await bodySealer({
      key: await importMacKey(new Uint8Array(32).fill(1)),
      context: new Uint8Array(0),
    })
    expect(await codeOf(sealer.push(piece as Uint8Array))).toBe('invalid-argument')
  })
}
