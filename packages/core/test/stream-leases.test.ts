import { expect, test } from 'vitest'
import { workerStream } from '../src/body/streams.ts'

type Bytes = TransformStream<Uint8Array, Uint8Array>

const givingUp: readonly (readonly [string, (stream: Bytes) => Promise<void>])[] = [
  ['cancelled', (stream) => stream.readable.cancel()],
  ['aborted', (stream) => stream.writable.abort()],
]

for (const [how, giveUp] of givingUp) {
  test(`a stream that is ${how} while its worker begins gives the worker up`, async () => {
    const begun = Promise.withResolvers<void>()
    let abandoned = 0
    const worker = { push: async () => [], finish: async () => [], abandon: () => void abandoned++ }
    const stream = workerStream(async () => {
      await begun.promise
      return { worker, first: [new Uint8Array(1)] }
    }, undefined)
    const gone = giveUp(stream)
    begun.resolve()
    await gone
    // Whatever the platform does first, begin has ended when the writer knows that the stream is gone.
    await stream.writable.getWriter().closed.catch(() => undefined)
    expect(abandoned).toBeGreaterThan(0)
  })
}
