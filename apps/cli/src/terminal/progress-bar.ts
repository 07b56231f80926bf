import type { SingleBar } from 'cli-progress'
import { readableSize } from './sizes.ts'

/** Work that is over sooner gets no bar. */
const patienceMs = 400

/** A progress bar over the bytes of a whole run, on a terminal; its library is loaded when the first bar is due. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream | undefined
  readonly #totalBytes: number
  readonly #startedMs: number = performance.now()
  #finishedBytes = 0
  #name = ''
  #bar: SingleBar | undefined
  #loading: Promise<void> | undefined
  #ended = false

  /**
   * @param stream undefined for no bar
   * @param totalBytes of the run
   */
  constructor(stream: NodeJS.WriteStream | undefined, totalBytes: number) {
    this.#stream = stream
    this.#totalBytes = totalBytes
  }

  /** Bytes of the present file that are done. */
  within(name: string, bytes: number): void {
    this.#name = name
    this.#show(this.#finishedBytes + bytes)
  }

  /** The present file is done, or has failed. */
  done(bytes: number): void {
    this.#finishedBytes += bytes
    this.#show(this.#finishedBytes)
  }

  /** Takes the bar off the terminal; the next progress shows it again. */
  clear(): void {
    this.#ended = true
    this.#bar?.stop()
    this.#bar = undefined
    this.#ended = false
  }

  #show(bytes: number): void {
    if (this.#stream === undefined || this.#totalBytes === 0) return
    if (this.#bar !== undefined) {
      this.#bar.update(Math.floor(bytes), { name: shortened(this.#name) })
    } else if (performance.now() - this.#startedMs > patienceMs) {
      this.#loading ??= this.#begin(this.#stream).finally(() => {
        this.#loading = undefined
      })
    }
  }

  async #begin(stream: NodeJS.WriteStream): Promise<void> {
    const { default: library } = await import('cli-progress')
    if (this.#ended || this.#finishedBytes >= this.#totalBytes) return
    this.#bar = new library.SingleBar({
      stream,
      format: '{bar} {percentage}%  {value} of {total}  {name}',
      formatValue: (value, _options, type) =>
        type === 'value' || type === 'total' ? readableSize(value) : String(value),
      barsize: 24,
      clearOnComplete: true,
      hideCursor: false,
      gracefulExit: false,
    })
    this.#bar.start(this.#totalBytes, Math.floor(this.#finishedBytes), { name: shortened(this.#name) })
  }
}

function shortened(name: string): string {
  return name.length > 32 ? `…${name.slice(-31)}` : name
}
