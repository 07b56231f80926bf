import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { keyring, open, provider, seal } from '../src/index.ts'

// A process of its own for secrecy-memory.test.ts: argv[2] is a mask in hexadecimal, argv[3] says whether the key is
// kept. The DEK is the mask with every bit flipped, made here byte by byte: no channel and no hash carries it, so that
// every copy in this memory was made by the code under test, and its parent can still look for it.

const [, , mask = '', mode = 'drop'] = process.argv
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** The planted key, in memory that never moves: see `secretCopy`. */
function plantedKey(): Uint8Array {
  const key = new Uint8Array(new ArrayBuffer(32))
  for (let at = 0; at < key.length; at++) key[at] = Number.parseInt(mask.slice(2 * at, 2 * at + 2), 16) ^ 0xff
  return key
}

const algorithm = 'planted.none'

/** A KEK whose key manager draws, and gives back, the planted key. */
function plantingKek(): ReturnType<ReturnType<typeof provider<null>>> {
  return provider<null>({
    scheme: 'planted',
    parseUri: () => null,
    describeOptions: () => 'key',
    connect: async () => ({
      keyRef: 'key',
      capabilities: {
        contextBinding: 'envelope',
        tellsVersionOnWrap: false,
        tellsVersionOnUnwrap: false,
        needsVersionToUnwrap: false,
        tellsKey: false,
        serverSideRewrap: false,
        generatesDataKeys: true,
        maxBatchKeys: 1,
        wrapAuthenticity: 'kek-holder',
        maxConcurrentCalls: 1,
        protectionLevel: 'software',
        algorithms: [algorithm],
      },
      wrapKey: async () => ({ wrapped: new Uint8Array(32), algorithm }),
      unwrapKey: async () => ({ dataKey: plantedKey() }),
      generateDataKey: async () => ({ dataKey: plantedKey(), wrapped: new Uint8Array(32), algorithm }),
      describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
      close: async () => {},
    }),
    classify: () => ({ code: 'unknown' }),
  })(null)
}

async function useAndClose(): Promise<void> {
  const keys = keyring({ seal: [plantingKek()], cache: {} })
  const sealed = await seal('a plaintext', { keys, context: { tenant: 'a' } })
  await open(sealed, { keys, context: { tenant: 'a' } })
  await keys.close()
}

await useAndClose()
const kept = mode === 'keep' ? plantedKey() : undefined
for (let round = 0; round < 5; round++) {
  collect()
  await setImmediate()
}
process.stdout.write('ready\n')
process.stdin.once('data', () => process.exit(kept === undefined ? 0 : kept.length - 32))
