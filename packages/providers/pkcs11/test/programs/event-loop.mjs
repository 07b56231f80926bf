// Connects and unwraps at a slow module, and prints how often the event loop went round meanwhile.
import { createHash } from 'node:crypto'
import process from 'node:process'
import { pkcs11 } from '@keywright/pkcs11'

const [modulePath, pin, worker] = process.argv.slice(2)
const context = { role: 'dek', pairs: {}, digest: createHash('sha256').digest() }
const options = { modulePath, token: 'keywright', key: 'seeded', pin, worker, unprotectedKey: 'allow' }
const kek = pkcs11({ ...options, resilience: false })

/** How long some work took, and the longest time that the event loop stood still in it, in milliseconds. */
async function watched(work) {
  const start = performance.now()
  let last = start
  let longestMs = 0
  let going = true
  const note = () => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }
  const turn = () => {
    note()
    if (going) setImmediate(turn)
  }
  setImmediate(turn)
  const result = await work()
  note()
  going = false
  return { result, ms: Math.round(last - start), longestMs: Math.round(longestMs) }
}

const connecting = await watched(() => kek.connect())
const { reference } = connecting.result
const { wrapped, keyVersion, algorithm } = await kek.wrapKey({ dataKey: new Uint8Array(32).fill(1), context })
const slot = { wrapped, keyVersion, algorithm, reference, context }
await kek.unwrapKey(slot)
// The least of five: what stood still in each is not for want of a processor.
const unwraps = []
for (let round = 0; round < 5; round++) unwraps.push(await watched(() => kek.unwrapKey(slot)))
await kek.close()
const { ms, longestMs } = connecting
const unwrapLongestMs = Math.min(...unwraps.map((unwrap) => unwrap.longestMs))
console.log(JSON.stringify({ connectMs: ms, connectLongestMs: longestMs, unwrapLongestMs }))
