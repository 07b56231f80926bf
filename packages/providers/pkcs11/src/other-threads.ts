import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

/**
 * Memory of all threads of this process, zero at first.
 *
 * @param name of the thing; its shape must be one for all versions of the package, or else the number here changes
 */
function ofAllThreads(name: string, bytes: number): SharedArrayBuffer {
  const key = `keywright.pkcs11.${name}.1`
  const given = getEnvironmentData(key)
  if (given instanceof SharedArrayBuffer && given.byteLength === bytes) return given
  const made = new SharedArrayBuffer(bytes)
  setEnvironmentData(key, made)
  return made
}

/** Refused PINs that all threads remember; beyond, each thread remembers its own. */
export const mostRefusals = 256

/** What the threads of a process know together. */
export interface SharedMemory {
  /** One count, of the modules that worker threads have open. */
  readonly modules: Int32Array
  /** Of `refused-pins.ts`, which says what is where. */
  readonly refusals: SharedArrayBuffer
}

let memory: SharedMemory | undefined

/** Makes the memory, or takes what this thread was given; worker threads that begin after it share it. */
export function sharedMemory(): SharedMemory {
  memory ??= {
    modules: new Int32Array(ofAllThreads('modules-open-in-workers', 4)),
    refusals: ofAllThreads('refused-pins', 8 + 32 + 32 * mostRefusals),
  }
  return memory
}

/** Counts a module that this thread opens or, by -1, leaves; those of the main thread are not counted. */
export function countOpenModule(by: 1 | -1): void {
  if (!isMainThread) Atomics.add(sharedMemory().modules, 0, by)
}

/** Whether worker threads have modules open. One that ended without closing its keys counts for ever. */
export function workersHaveModules(): boolean {
  return Atomics.load(sharedMemory().modules, 0) > 0
}
