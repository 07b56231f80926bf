import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  readonly openssl: string
  readonly date: string
  /** Threads of all programs that wanted to run in the last minute, this run's own among them. */
  readonly load: number
  /** True for a run with `--quick`: fewer samples, the same work. */
  readonly quick: boolean
}

/** Describes this machine and this run. */
export function describeMachine(quick: boolean): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    openssl: process.versions.openssl,
    date: new Date().toISOString(),
    load: Math.round(10 * (loadavg()[0] ?? 0)) / 10,
    quick,
  }
}
