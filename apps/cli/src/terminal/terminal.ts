import process from 'node:process'

/** The streams of this process, and whether a person sits at them. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  /** Whether somebody can be asked: standard input and standard error are a terminal. */
  readonly canAsk: boolean
  /** Whether somebody watches standard error. */
  readonly isWatched: boolean
}

/** The terminal of this process. */
export function thisTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  // A terminal inside another program may tell no width: prompts would put each character on a line of its own.
  if (stderr.isTTY === true && stderr.columns === 0) stderr.columns = 80
  return {
    stdin,
    stdout,
    stderr,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    isWatched: stderr.isTTY === true,
  }
}

const controls = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu

/**
 * Text from outside (names of files, contexts, key references), safe to show: control characters, by which it could
 * rewrite the screen, and invisible ones are written as escapes.
 *
 * @param text anything
 */
export function printable(text: string): string {
  return text.replace(controls, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u{${code.toString(16)}}`
  })
}
