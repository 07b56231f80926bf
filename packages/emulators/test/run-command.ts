import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'

/** What the command prints with `--json`. */
export interface Printed {
  readonly environment: Readonly<Record<string, string>>
  readonly keys: Readonly<Record<string, string>>
  readonly control: { readonly url: string; readonly token: string }
}

/** How the command ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command as a child process. */
export interface RunningCommand {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly output: { stdout: string; stderr: string }
  /** Resolves with the first match in what it prints. */
  readonly printed: (stream: 'stdout' | 'stderr', pattern: RegExp) => Promise<string>
  readonly ended: Promise<Ended>
}

const command = join(import.meta.dirname, '../src/command/emulators-command.ts')

/** Starts the command. */
export function runCommand(...args: string[]): RunningCommand {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  const changed = new EventTarget()
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
      changed.dispatchEvent(new Event('change'))
    })
  }
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...output })))
  return {
    child,
    output,
    ended,
    printed: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output[stream])
          if (found !== null) resolve(found[0])
        }
        changed.addEventListener('change', look)
        void ended.then(() => reject(new Error(`it ended without printing ${pattern}: ${output.stderr}`)))
        look()
      }),
  }
}

/** Starts the command with `--json` and waits until it is ready. */
export async function startCommand(
  ...args: string[]
): Promise<{ readonly running: RunningCommand; readonly printed: Printed; stop(): Promise<Ended> }> {
  const running = runCommand('--json', ...args)
  const line = await running.printed('stdout', /^\{.*\}$/m)
  const stop = (): Promise<Ended> => {
    running.child.kill('SIGTERM')
    return running.ended
  }
  return { running, printed: JSON.parse(line) as Printed, stop }
}
