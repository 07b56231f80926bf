import { KeywrightError } from '@keywright/core'
import type { Terminal } from './terminal.ts'

/** Somebody who can be asked. */
export interface Asker {
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/**
 * Asks for a passphrase on the terminal, without showing it.
 *
 * @param asker from a terminal
 * @param name of the key
 * @param isNew asks twice
 * @throws KeywrightError `aborted` when the question is cancelled
 */
export async function askPassphrase(asker: Asker, name: string, isNew: boolean): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const ask = async (
    message: string,
    validate?: (text: string | undefined) => string | undefined,
  ): Promise<string> => {
    const { stdin: input, stderr: output } = asker.terminal
    const answer = await password({
      message,
      input,
      output,
      signal: asker.signal,
      ...(validate && { validate }),
    })
    if (isCancel(answer)) throw new KeywrightError('aborted', 'interrupted')
    return answer
  }
  const first = await ask(isNew ? `New passphrase for local://${name}` : `Passphrase of local://${name}`)
  if (isNew) await ask('The same again', (text) => (text === first ? undefined : 'This is another one'))
  return first
}

/**
 * Asks for a yes on the terminal.
 *
 * @param asker from a terminal
 * @param message the question
 */
export async function askConsent(asker: Asker, message: string): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts')
  const { stdin: input, stderr: output } = asker.terminal
  const answer = await confirm({ message, initialValue: false, input, output, signal: asker.signal })
  return !isCancel(answer) && answer
}
