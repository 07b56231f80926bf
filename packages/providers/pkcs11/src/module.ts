import { realpath } from 'node:fs/promises'
import { isMainThread } from 'node:worker_threads'
import { KeywrightError } from '@keywright/core/provider'
import { CallThread } from './call-thread.ts'
import { Shared } from './counted-users.ts'
import type { Cryptoki } from './cryptoki.ts'
import { type Caller, CryptokiFailure, callHere, type QuickCaller } from './cryptoki-calls.ts'
import { flags, returns } from './cryptoki-numbers.ts'
import { loadAddon } from './load-addon.ts'
import { countOpenModule, workersHaveModules } from './other-threads.ts'
import { inThisThread } from './shared-by-copies.ts'
import type { Token } from './token.ts'

/** Which blocking calls leave the event loop for a thread of their own. */
export type WorkerUse = 'start-up' | 'always' | 'never'

/** Which module, and how it is called. */
export interface ModuleOptions {
  readonly path: string
  readonly parameters: string | undefined
  readonly worker: WorkerUse
  readonly client: Cryptoki | undefined
}

/** A PKCS#11 module, initialised once for all KEKs of this thread that use it. */
export interface Pkcs11Module {
  /** Tells this module from others. */
  readonly name: string
  readonly cryptoki: Cryptoki
  readonly parameters: string | undefined
  /** Makes calls that may take as long as a network: sessions, log-in, search. */
  readonly slow: Caller
  /** Makes calls that stand beside each operation, such as C_DecryptInit. */
  readonly quick: QuickCaller
  readonly tokens: Shared<Token>
  /** Initialises it, where nobody has; also again, after somebody finalised it. */
  readonly initialize: () => Promise<void>
  /**
   * Finalises and initialises it, where that is ours to do and one token is in use, with no call of it under way.
   *
   * @returns whether it was
   */
  readonly restart: () => Promise<boolean>
  /** Finalises it, where that is ours to do. */
  readonly end: () => Promise<void>
  /** Says that a call never came back: to finalise now would crash the process. */
  readonly abandon: () => void
}

const modules = inThisThread('modules', () => new Shared<Pkcs11Module>())
// A module is never unloaded: a call under way would run into nothing.
const clients = inThisThread('clients', () => new Map<string, Cryptoki>())
const injected = inThisThread('injected', () => ({ names: new WeakMap<Cryptoki, string>(), count: 0 }))

/**
 * Opens a module, or joins those who have it open.
 *
 * @throws KeywrightError `configuration` where it cannot be loaded, or is open with other parameters
 */
export async function acquireModule(options: ModuleOptions): Promise<Pkcs11Module> {
  const name = await nameOf(options)
  const module = await modules.acquire(name, () => openModule(name, options))
  if (module.parameters === options.parameters) return module
  await releaseModule(module)
  const message =
    'this PKCS#11 module is open with other parameters, and a process can initialise it only once'
  throw new KeywrightError('configuration', message, { field: 'initializeParameters' })
}

/** Leaves a module; the last one out finalises it. */
export function releaseModule(module: Pkcs11Module): Promise<void> {
  return modules.release(module.name, (last) => last.end())
}

async function nameOf({ path, client }: ModuleOptions): Promise<string> {
  if (client === undefined) return realpath(path).catch(() => path)
  const name = injected.names.get(client) ?? `client ${++injected.count}`
  injected.names.set(client, name)
  return name
}

async function openModule(name: string, options: ModuleOptions): Promise<Pkcs11Module> {
  const { parameters, worker, client } = options
  const cryptoki = client ?? clients.get(name) ?? loadAddon(name)
  if (client === undefined) clients.set(name, cryptoki)
  const here: Caller = async (call, ...args) => callHere(cryptoki, call, args)
  const thread = client === undefined && worker !== 'never' ? new CallThread(name) : undefined
  const slow = thread?.call ?? here
  const tokens = new Shared<Token>()
  let ours = false
  let abandoned = false
  // pkcs11js cuts the last character off; without the flag, calls on two sessions at once crash the process.
  const initial =
    parameters === undefined
      ? { flags: flags.OS_LOCKING_OK }
      : { flags: flags.OS_LOCKING_OK, libraryParameters: `${parameters} ` }
  const initialize = async (): Promise<void> => {
    try {
      await slow('C_Initialize', initial)
      ours = true
    } catch (error) {
      if (!(error instanceof CryptokiFailure) || error.rv !== returns.CRYPTOKI_ALREADY_INITIALIZED)
        throw error
    }
  }
  // All threads of a process share its Cryptoki: one that finalises it ends it for the others too.
  const mayFinalize = (): boolean => ours && isMainThread && client === undefined && !workersHaveModules()
  const restart = async (): Promise<boolean> => {
    if (!mayFinalize() || tokens.size > 1) return false
    await slow('C_Finalize')
    await initialize()
    return true
  }
  const end = async (): Promise<void> => {
    // Its call is under way for ever: this thread's module counts as open.
    if (abandoned) return
    countOpenModule(-1)
    try {
      if (mayFinalize()) await slow('C_Finalize')
    } finally {
      await thread?.end()
    }
  }
  try {
    await initialize()
  } catch (error) {
    await thread?.end()
    throw error
  }
  countOpenModule(1)
  const quick: QuickCaller = worker === 'always' ? slow : (call, ...args) => callHere(cryptoki, call, args)
  const abandon = (): void => {
    abandoned = true
  }
  return { name, cryptoki, parameters, slow, quick, tokens, initialize, restart, end, abandon }
}
