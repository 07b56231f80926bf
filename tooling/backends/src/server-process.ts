import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { leashProcess } from './leash.ts'

/** How a server process is started. */
export interface ServerProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  /** Added to this process's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Its working folder; the private folder of the run is a good one. */
  readonly cwd: string
  /** Milliseconds that it may take to become ready. 30,000 if not given. */
  readonly readyWithinMs?: number | undefined
}

/** A server process that ends with this one, whatever ends this one. */
export interface ServerProcess {
  /** Resolves with the first match in what the process printed; rejects when it ends or is late. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves when an HTTP GET of the address is answered with a 2xx status; rejects when it ends or is late. */
  answers(url: string): Promise<void>
  /** Resolves when a TCP port of the loopback takes connections; rejects when it ends or is late. */
  accepts(port: number): Promise<void>
  /** SIGTERM, and SIGKILL after five seconds, to it and to what it started. Resolves when it has ended. */
  stop(): Promise<void>
  /** Resolves when it has ended, also by itself. */
  readonly ended: Promise<void>
}

const keptOutput = 16_384
const pollMs = 20
const patienceMs = 5_000

/** Starts a server process in a process group of its own. */
export function serverProcess(options: ServerProcessOptions): ServerProcess {
  const { command, args, cwd } = options
  const env = { ...process.env, ...options.env }
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const deadline = performance.now() + (options.readyWithinMs ?? 30_000)
  let output = ''
  let ended: string | undefined
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptOutput)
    })
  }
  const release = child.pid === undefined ? (): void => {} : leashProcess(child.pid)
  const closed = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      ended ??= how
      release()
      resolve()
    }
    child.on('error', (error) => end(error.message))
    child.on('exit', (code, signal) => end(`it ended with ${code ?? signal}`))
  })

  async function until<Found>(probe: () => Promise<Found | undefined>): Promise<Found> {
    for (;;) {
      const found = await probe()
      if (found !== undefined) return found
      if (ended !== undefined) throw new Error(`${command} did not become ready: ${ended}\n${output}`)
      if (performance.now() > deadline) throw new Error(`${command} did not become ready in time\n${output}`)
      await delay(pollMs)
    }
  }

  function signal(name: NodeJS.Signals): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  return {
    ended: closed,
    printed: (pattern) => until(async () => pattern.exec(output) ?? undefined),
    answers: (url) => until(() => answered(url)).then(() => undefined),
    accepts: (port) => until(() => accepted(port)).then(() => undefined),
    async stop() {
      signal('SIGTERM')
      const late = AbortSignal.timeout(patienceMs)
      await Promise.race([closed, once(late, 'abort')])
      signal('SIGKILL')
      await closed
    },
  }
}

async function answered(url: string): Promise<true | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) })
    await answer.arrayBuffer()
    return answer.ok ? true : undefined
  } catch {
    return undefined
  }
}

async function accepted(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}
