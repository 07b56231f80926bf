import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { type BlockingCall, callHere, failureOf } from './cryptoki-calls.ts'
import type { Addon } from './load-addon.ts'

/** One call, on its way to the worker. */
export interface CallMessage {
  readonly id: number
  readonly name: BlockingCall
  readonly args: Parameters<typeof callHere>[2]
}

/** What came of it. */
export interface CallReply {
  readonly id: number
  /** A CKR number where the call failed, -1 for another failure. */
  readonly rv?: number
  readonly result?: unknown
}

// Threads share the process's Cryptoki: what this one initialises, opens and finds, all of them use.
// The starting thread has loaded both already, and says what is wrong where one is missing.
const { PKCS11 } = createRequire(import.meta.url)('pkcs11js') as Addon
const cryptoki = new PKCS11()
cryptoki.load(String(workerData))

parentPort?.on('message', ({ id, name, args }: CallMessage) => {
  const reply = answer(id, name, args)
  parentPort?.postMessage(reply)
  // Attributes may hold a data key: the message was a copy, and so is its reply.
  for (const held of [args, reply.result]) wipe(held)
})

function answer(id: number, name: BlockingCall, args: CallMessage['args']): CallReply {
  try {
    return { id, result: callHere(cryptoki, name, args) }
  } catch (error) {
    return { id, rv: failureOf(name, error).rv }
  }
}

function wipe(held: unknown): void {
  if (held instanceof Uint8Array) held.fill(0)
  else if (typeof held === 'object' && held !== null) Object.values(held).forEach(wipe)
}
