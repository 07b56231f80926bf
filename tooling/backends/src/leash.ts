import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

// What this process has started and made must go when it goes, also by SIGKILL. A helper process learns of the end
// by its standard input, which the system closes, and then ends and removes what it was told of.

let leash: ChildProcess | undefined

function tell(line: string): void {
  if (leash === undefined || leash.exitCode !== null) {
    const script = join(import.meta.dirname, '../leash.mjs')
    // A session of its own: an interrupt from the keyboard must not end it before its work is done.
    leash = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    leash.unref()
    leash.stdin?.on('error', () => {})
    if (leash.stdin !== null && 'unref' in leash.stdin) (leash.stdin as { unref(): void }).unref()
  }
  leash.stdin?.write(`${line}\n`)
}

/** Ends a process group, by the number of its leader, when this process ends; returns what takes the order back. */
export function leashProcess(pid: number): () => void {
  tell(`process ${pid}`)
  return () => tell(`-process ${pid}`)
}

/** Removes a folder when this process ends; returns what takes the order back. */
export function leashFolder(folder: string): () => void {
  tell(`folder ${folder}`)
  return () => tell(`-folder ${folder}`)
}
