// Runs the fences of one document in their order, in this process; the list of them comes through stdin. A fence
// that shows what it prints, each line after `// →` or `# →`, has to print exactly that.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { format } from 'node:util'

/** One fence to run: a TypeScript module's file, or a shell script; `content` is the fence as it stands. */
export type FenceStep = {
  where: string
  content: string
  file?: string | undefined
  script?: string | undefined
}

const steps = JSON.parse(readFileSync(0, 'utf8')) as FenceStep[]
for (const step of steps) {
  const problem = step.file === undefined ? runScript(step.script ?? '') : await runModule(step.file)
  const finding = typeof problem === 'string' ? problem : differs(step.content, problem.lines)
  if (finding === '') continue
  console.error(`${step.where}: ${finding}`)
  process.exit(1)
}
// A fence may leave handles open, as an example may.
process.exit(0)

type Printed = { lines: string[] }

async function runModule(file: string): Promise<Printed | string> {
  const { log } = console
  const lines: string[] = []
  console.log = (...values: unknown[]) => {
    lines.push(...format(...values).split('\n'))
  }
  try {
    await import(file)
    return { lines }
  } catch (error) {
    return `${format(error)}\n${lines.join('\n')}`.trimEnd()
  } finally {
    console.log = log
  }
}

function runScript(script: string): Printed | string {
  const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', script], { encoding: 'utf8', input: '' })
  if (status !== 0) return `ended with ${status}\n${stdout}${stderr}`.trimEnd()
  return { lines: stdout.trimEnd().split('\n') }
}

function differs(content: string, printed: readonly string[]): string {
  const shown = [...content.matchAll(/(?:\/\/|#) → ?(.*)$/gm)].map(([, text = '']) => text.trimEnd())
  if (shown.length === 0 || shown.join('\n') === printed.map((line) => line.trimEnd()).join('\n')) return ''
  return `shows\n${shown.join('\n')}\nand prints\n${printed.join('\n')}`
}
