import { Worker } from 'node:worker_threads'
import type { CallMessage, CallReply } from './call-worker.ts'
import { type Caller, CryptokiFailure } from './cryptoki-calls.ts'
import { returns } from './cryptoki-numbers.ts'

// From source the worker is TypeScript like this file, which Node runs as it is; published, both are JavaScript.
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './call-worker.ts' : './call-worker.js',
  import.meta.url,
)

/** A thread that makes blocking calls, in order, so that the event loop need not wait for a token. */
export class CallThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, (reply: CallReply | undefined) => void>()
  #nextId = 0
  #gone = false

  /** @param path of a module that this thread has loaded too, so that it stays loaded when the worker ends */
  constructor(path: string) {
    // Neither flags nor environment of the process: the module reads the environment of the process itself.
    this.#worker = new Worker(workerUrl, { execArgv: [], env: {}, workerData: path })
    this.#worker.on('message', (reply: CallReply) => this.#settle(reply.id, reply))
    this.#worker.on('error', () => this.#lose())
    this.#worker.on('exit', () => this.#lose())
    // After the listeners: listening for messages would hold the process again.
    this.#worker.unref()
  }

  /** Makes a call there. */
  readonly call: Caller = async (name, ...args) => {
    if (this.#gone) throw new CryptokiFailure(name, returns.GENERAL_ERROR)
    const id = this.#nextId++
    const answered = new Promise<CallReply | undefined>((resolve) => this.#waiting.set(id, resolve))
    this.#worker.ref()
    this.#worker.postMessage({ id, name, args } satisfies CallMessage)
    const reply = await answered
    if (reply === undefined) throw new CryptokiFailure(name, returns.GENERAL_ERROR)
    if (reply.rv !== undefined) throw new CryptokiFailure(name, reply.rv)
    return reply.result as never
  }

  /** Ends the thread, which must have nothing to do. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(id: number, reply: CallReply | undefined): void {
    this.#waiting.get(id)?.(reply)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker.unref()
  }

  #lose(): void {
    this.#gone = true
    for (const id of this.#waiting.keys()) this.#settle(id, undefined)
  }
}
