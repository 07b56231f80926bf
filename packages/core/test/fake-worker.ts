import { EventEmitter } from 'node:events'

/** A worker that does what a test says. */
export class FakeWorker extends EventEmitter {
  static last: FakeWorker | undefined
  readonly posted: { id: number }[] = []
  constructor() {
    super()
    FakeWorker.last = this
  }
  ref(): void {}
  unref(): void {}
  postMessage(message: { id: number }): void {
    this.posted.push(message)
  }
  async terminate(): Promise<number> {
    this.emit('exit', 1)
    return 1
  }
}
