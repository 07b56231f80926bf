// Connects with a wrong PIN in several threads, and prints how often the token was asked and what each was told; then
// whether the right PIN still serves.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import process from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { pkcs11 } from '@keywright/pkcs11'

const [module, pin, how] = process.argv.slice(2)
const { PKCS11 } = createRequire(import.meta.resolve('@keywright/pkcs11'))('pkcs11js')
const tries = isMainThread ? new Int32Array(new SharedArrayBuffer(4)) : workerData
const logIn = Object.getPrototypeOf(PKCS11.prototype).C_Login
PKCS11.prototype.C_Login = function (...args) {
  Atomics.add(tries, 0, 1)
  return logIn.apply(this, args)
}

async function told(given) {
  const common = {
    modulePath: module,
    token: 'keywright',
    key: 'seeded',
    unprotectedKey: 'allow',
    worker: 'never',
  }
  const kek = pkcs11({ ...common, pin: given, resilience: false })
  try {
    await kek.connect()
    return 'ok'
  } catch (error) {
    return error.code
  } finally {
    await kek.close()
  }
}

async function toldThere() {
  const worker = new Worker(new URL(import.meta.url), { argv: [module, pin], workerData: tries })
  const [[answer]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  return answer
}

if (!isMainThread) {
  parentPort.postMessage(await told('wrong'))
} else {
  // Initialised by somebody, so that no thread finalises it under another.
  const holder = new PKCS11()
  holder.load(module)
  holder.C_Initialize({ flags: 2 })
  const here = () => told('wrong')
  const codes = []
  if (how === 'main-first') codes.push(await here(), await toldThere())
  if (how === 'worker-first') codes.push(await toldThere(), await here())
  if (how === 'at-once') codes.push(...(await Promise.all([toldThere(), toldThere(), toldThere(), here()])))
  const asked = Atomics.load(tries, 0)
  console.log(JSON.stringify({ codes: [...new Set(codes)], asked, afterwards: await told(pin) }))
}
