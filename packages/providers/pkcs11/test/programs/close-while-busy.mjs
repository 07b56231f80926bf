// Opens a key, starts calls at once and closes without waiting for them; then asks who finalised the module.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import process from 'node:process'
import { parentPort, Worker } from 'node:worker_threads'
import { pkcs11 } from '@keywright/pkcs11'

const [module, pin, how] = process.argv.slice(2)
const context = { role: 'dek', pairs: {}, digest: createHash('sha256').digest() }
const options = { modulePath: module, token: 'keywright', key: 'seeded', pin, unprotectedKey: 'allow' }
const { PKCS11 } = createRequire(import.meta.resolve('@keywright/pkcs11'))('pkcs11js')
const probe = new PKCS11()
probe.load(module)

function finalized() {
  try {
    probe.C_GetInfo()
    return false
  } catch (error) {
    if (error.code === 0x190) return true
    throw error
  }
}

async function busy() {
  const kek = pkcs11({ ...options, sessions: 8, resilience: false })
  const { reference } = await kek.connect()
  const dataKey = new Uint8Array(32).fill(1)
  const { wrapped, keyVersion, algorithm } = await kek.wrapKey({ dataKey, context })
  const slot = { wrapped, keyVersion, algorithm, reference, context }
  const calls = Array.from({ length: 400 }, () => kek.unwrapKey(slot))
  await kek.close()
  return (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length
}

if (how === 'ours') {
  const opened = await busy()
  console.log(JSON.stringify({ opened, finalized: finalized() }))
  // It can be used again.
  console.log(JSON.stringify({ opened: await busy(), finalized: finalized() }))
} else if (how === 'theirs') {
  probe.C_Initialize({ flags: 2 })
  const opened = await busy()
  console.log(JSON.stringify({ opened, finalized: finalized() }))
} else if (how === 'beside-worker') {
  // Initialises the module, which the main thread could finalise therefore.
  const kek = pkcs11({ ...options, resilience: false })
  await kek.connect()
  const worker = new Worker(new URL(import.meta.url), { argv: [module, pin, 'waiting'] })
  await once(worker, 'message')
  const opened = await busy()
  await kek.close()
  const left = finalized()
  worker.postMessage('closed here')
  const [there] = await once(worker, 'message')
  console.log(JSON.stringify({ opened: opened + there, finalized: left }))
} else if (how === 'waiting') {
  const kek = pkcs11({ ...options, resilience: false })
  const { reference } = await kek.connect()
  const wrapped = await kek.wrapKey({ dataKey: new Uint8Array(32).fill(1), context })
  parentPort.postMessage('open')
  await once(parentPort, 'message')
  const { dataKey } = await kek.unwrapKey({ ...wrapped, reference, context })
  await kek.close()
  parentPort.postMessage(dataKey.length)
} else {
  const program = new URL(import.meta.url)
  const worker = new Worker(program, { argv: [module, pin, 'ours'], stdout: true })
  let printed = ''
  worker.stdout.on('data', (text) => {
    printed += text
  })
  worker.on('exit', () => process.stdout.write(printed))
}
