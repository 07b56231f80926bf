import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

// Worker threads get the same memory when they begin, where the main thread has loaded this package by then.
const name = 'keywright.pkcs11.open-in-workers.1'
const given = getEnvironmentData(name)
const open = given instanceof Int32Array ? given : new Int32Array(new SharedArrayBuffer(4))
if (given === undefined) setEnvironmentData(name, open)

/** Counts a module that this thread opens or, by -1, leaves; those of the main thread are not counted. */
export function countOpenModule(by: 1 | -1): void {
  if (!isMainThread) Atomics.add(open, 0, by)
}

/** Whether worker threads have modules open. One that ended without closing its keys counts for ever. */
export function workersHaveModules(): boolean {
  return Atomics.load(open, 0) > 0
}
