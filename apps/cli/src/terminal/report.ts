import process from 'node:process'
import type { ErrorCode, KeywrightError } from '@keywright/core'
import { ConfigFileError } from '../config/config-problem.ts'
import { type ExitCode, exitCodeFor, exitCodeOf, exitCodeOfAll } from '../exit-codes.ts'
import { asFailure } from './failure.ts'
import { hintOf } from './hints.ts'
import { counted } from './sizes.ts'
import { printable, type Terminal } from './terminal.ts'

/** What was done with one path, or one answer of a command. */
export interface Outcome {
  /** The document of `--json`; its names are documented and stay. */
  readonly document: Readonly<Record<string, unknown>>
  /** Lines that are the command's result: standard output. */
  readonly output?: readonly string[] | undefined
  /** Lines for whoever watches: standard error, on a terminal only. */
  readonly note?: readonly string[] | undefined
  /** Lines that nobody should miss: standard error, always. */
  readonly warning?: readonly string[] | undefined
}

/** How results are told. */
export interface ReportOptions {
  readonly json: boolean
  /** Whether standard output carries data: results then go to standard error. */
  readonly dataOnStdout?: boolean | undefined
}

interface Failure {
  readonly path: string | undefined
  readonly code: ErrorCode
  readonly exitCode: ExitCode
}

/** Tells results and failures, as text or as JSON lines, and keeps the exit code. */
export class Report {
  readonly #terminal: Terminal
  readonly #options: ReportOptions
  readonly #failed: Failure[] = []
  #beforeWrite: (() => void) | undefined
  #done = 0
  #skipped = 0

  /** @param terminal where to */
  constructor(terminal: Terminal, options: ReportOptions) {
    this.#terminal = terminal
    this.#options = options
  }

  /** Has something called before each line, such as what clears a progress bar. */
  beforeWrite(action: (() => void) | undefined): void {
    this.#beforeWrite = action
  }

  /** Tells what was done. */
  outcome({ document, output = [], note = [], warning = [] }: Outcome): void {
    if (document['status'] === 'skipped') this.#skipped++
    else this.#done++
    if (this.#options.json) {
      this.#document(document)
      return
    }
    this.#lines(this.#options.dataOnStdout === true ? 'stderr' : 'stdout', output)
    if (this.#terminal.isWatched) this.#lines('stderr', note)
    this.#lines('stderr', warning)
  }

  /**
   * Tells what was found out about something, which is an answer whatever it was.
   *
   * @param outcome what to tell
   * @param failures codes of all that is wrong; they decide the exit code
   */
  verdict(outcome: Outcome, failures: readonly ErrorCode[]): void {
    this.outcome(outcome)
    for (const code of failures) this.#failed.push({ path: undefined, code, exitCode: exitCodeOf(code) })
  }

  /** Tells something that concerns the whole run; part of no document. */
  warn(line: string): void {
    if (!this.#options.json) this.#lines('stderr', [line])
  }

  /**
   * Tells that one path failed; the run goes on.
   *
   * @param path as shown to the user
   * @param thrown what was thrown
   */
  failure(path: string | undefined, thrown: unknown): void {
    const error = asFailure(thrown)
    this.#failed.push({ path, code: error.code, exitCode: exitCodeFor(error) })
    if (this.#options.json)
      this.#document({ ...(path === undefined ? {} : { path }), error: errorDocument(error) })
    else this.#lines('stderr', errorLines(path, error))
    if (process.env['KEYWRIGHT_DEBUG'] && thrown instanceof Error) this.#lines('stderr', [thrown.stack ?? ''])
  }

  /** Ends a run over several paths with a summary. */
  summary(): void {
    const [done, skipped, failed] = [this.#done, this.#skipped, this.#failed.length]
    if (this.#options.json) {
      this.#document({ summary: { done, skipped, failed } })
      return
    }
    if (failed === 0 && !this.#terminal.isWatched) return
    const parts = [`${done} done`, `${skipped} left as they were`, `${failed} failed`]
    this.#lines('stderr', [`${counted(done + skipped + failed, 'file')}: ${parts.join(', ')}`])
    const listed = this.#failed.slice(0, 20).map(({ path = '-', code }) => `  ${printable(path)}  ${code}`)
    if (failed > 0) this.#lines('stderr', listed)
    if (failed > listed.length) this.#lines('stderr', [`  and ${failed - listed.length} more`])
  }

  /** The exit code of the run so far. */
  get exitCode(): ExitCode {
    return exitCodeOfAll(this.#failed.map(({ exitCode }) => exitCode))
  }

  #document(document: object): void {
    const stream = this.#options.dataOnStdout === true ? 'stderr' : 'stdout'
    this.#beforeWrite?.()
    this.#terminal[stream].write(`${JSON.stringify(document)}\n`)
  }

  #lines(stream: 'stdout' | 'stderr', lines: readonly string[]): void {
    if (lines.length === 0) return
    this.#beforeWrite?.()
    this.#terminal[stream].write(`${lines.join('\n')}\n`)
  }
}

/**
 * An error as people read it: what happened, and what to do.
 *
 * @param path that it concerns
 * @param error what happened
 */
export function errorLines(path: string | undefined, error: KeywrightError): readonly string[] {
  if (error instanceof ConfigFileError) {
    return error.problems.flatMap(({ file, line, column, message, allowed }) => [
      `keywright: ${printable(file)}:${line}:${column}: ${printable(message)}`,
      ...(allowed === undefined ? [] : [`  allowed: ${allowed}`]),
    ])
  }
  const where = path === undefined ? '' : `${printable(path)}: `
  const slots = (error.details.slots ?? []).map(({ key, code }) => `  ${printable(key)}: ${code}`)
  const hint = hintOf(error)
  return [
    `keywright: ${where}${printable(error.message)} (${error.code})`,
    ...slots,
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ]
}

function errorDocument(error: KeywrightError): object {
  const { code, message, retry, details } = error.toJSON()
  const problems = error instanceof ConfigFileError ? { problems: error.problems } : {}
  return { code, message, retry, exitCode: exitCodeFor(error), hint: hintOf(error), details, ...problems }
}
