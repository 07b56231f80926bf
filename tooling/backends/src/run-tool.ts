import { spawn } from 'node:child_process'

/** How a tool is run. */
export interface ToolOptions {
  readonly cwd?: string | undefined
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

const shownOutput = 8_192

/**
 * Runs a tool of an installation to its end.
 *
 * @returns what it printed on standard output
 * @throws Error with the end of its output when it fails or is not there
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const { cwd } = options
  const env = { ...process.env, ...options.env }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let output = ''
  for (const [stream, keep] of [
    [child.stdout, true],
    [child.stderr, false],
  ] as const) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (keep) printed += text
      output = (output + text).slice(-shownOutput)
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`)
  return printed
}

/** Whether a command runs and ends well. */
export async function toolWorks(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await runTool(command, args)
    return true
  } catch {
    return false
  }
}
