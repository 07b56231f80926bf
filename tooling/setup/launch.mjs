// Runs one process in this one's place: same streams, same exit code, signals handed on.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { childEnvironment, root } from './setup.mjs'

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options] `env` is added to this process's own.
 * @returns {Promise<number>} the exit code, 128 + 15 when a signal ended the process.
 */
export function launch(command, args, options = {}) {
  const env = { ...childEnvironment(), ...options.env }
  const shell = process.platform === 'win32' && !command.endsWith('.exe')
  const child = spawn(command, args, { cwd: options.cwd ?? root, env, stdio: 'inherit', shell })
  const hand = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, hand)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, hand)
      resolve(code ?? 143)
    })
  })
}

/** Runs a script's main function: its result is the exit code, and an error is one line. */
export async function main(body) {
  try {
    process.exitCode = await body(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
