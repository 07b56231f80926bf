import { inspect } from 'node:util'
import { expectThat } from './expectation.ts'

type Write = typeof process.stdout.write

/** The spellings under which a secret would show. */
function spellings(secret: Uint8Array | string): readonly string[] {
  const bytes = Buffer.from(secret)
  const texts = (['hex', 'base64', 'base64url', 'latin1'] as const).map((encoding) =>
    bytes.toString(encoding),
  )
  // inspect() and JSON list bytes one by one; the first dozen are enough to tell.
  const start = [...bytes.subarray(0, 12)]
  const listed = [start.join(','), start.map((byte, index) => `"${index}":${byte}`).join(',')]
  return [...texts, texts[0]?.toUpperCase() ?? '', ...listed].filter((text) => text.length >= 8)
}

/**
 * Fails the case when a secret can be read in the text.
 *
 * @param text what was printed or could be
 * @param secrets data keys and credentials
 * @param where names the place in the failure
 */
export function expectNoSecret(text: string, secrets: readonly (Uint8Array | string)[], where: string): void {
  // inspect() sets bytes in columns and breaks lines.
  const dense = text.replaceAll(/\s/g, '')
  for (const secret of secrets) {
    const seen = spellings(secret).some((spelling) => text.includes(spelling) || dense.includes(spelling))
    expectThat(!seen, `${where}: a secret shows`)
  }
}

/** All that a value shows of itself: inspect with everything hidden, JSON, text, an error's stack. */
export function everythingShown(value: unknown): string {
  const shown = [inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null })]
  shown.push(JSON.stringify(value) ?? '', String(value))
  if (value instanceof Error) shown.push(value.stack ?? '', inspect(value.cause, { depth: 12 }))
  return shown.join('\n')
}

/**
 * Runs the work and gives all that the process printed meanwhile: both outputs, console methods, warnings.
 * What was printed still reaches its place.
 *
 * @param work what may print
 */
export async function printedDuring(work: () => Promise<void>): Promise<string> {
  const printed: string[] = []
  const restore: (() => void)[] = []
  for (const stream of [process.stdout, process.stderr]) {
    const write: Write = stream.write
    stream.write = ((...args: Parameters<Write>) => {
      printed.push(typeof args[0] === 'string' ? args[0] : Buffer.from(args[0]).toString('latin1'))
      return write.apply(stream, args)
    }) as Write
    restore.push(() => {
      stream.write = write
    })
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) {
    const original = console[method]
    console[method] = (...args: unknown[]) => {
      printed.push(...args.map(everythingShown))
      Reflect.apply(original, console, args)
    }
    restore.push(() => {
      console[method] = original
    })
  }
  const warned = (warning: Error): void => void printed.push(everythingShown(warning))
  process.on('warning', warned)
  restore.push(() => process.off('warning', warned))
  try {
    await work()
    // Warnings are delivered on the next turn.
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    for (const undo of restore.reverse()) undo()
  }
  return printed.join('\n')
}
