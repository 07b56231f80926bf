import { KeywrightError } from '@keywright/core'

/** One mistake in a config file. */
export interface ConfigProblem {
  /** The file as the user knows it. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number
  /** What is wrong. */
  readonly message: string
  /** What may stand there. */
  readonly allowed?: string | undefined
}

/** A config file that cannot be used; `problems` has at least one entry. */
export class ConfigFileError extends KeywrightError {
  readonly problems: readonly ConfigProblem[]

  /** @param problems in the order of the file */
  constructor(problems: readonly ConfigProblem[]) {
    const [first] = problems
    const place = first === undefined ? '' : `${first.file}:${first.line}:${first.column}: ${first.message}`
    super('configuration', place, { field: 'config' })
    this.problems = problems
  }
}
