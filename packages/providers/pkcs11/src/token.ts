import { KeywrightError } from '@keywright/core'
import type { Handle, TokenInfo } from './cryptoki.ts'
import { CryptokiFailure } from './cryptoki-calls.ts'
import { flags } from './cryptoki-numbers.ts'
import { lostSessions } from './error-codes.ts'
import { logIn, pinDigest, type ReadPin } from './login.ts'
import type { Pkcs11Module } from './module.ts'
import { type FoundToken, findSlot, type TokenOptions } from './slots.ts'

/** A session leased to one operation. */
export interface Lease {
  readonly session: Handle
  /** Grows with every new log-in: object handles from before it mean nothing. */
  readonly epoch: number
}

/** A token with its log-in and its sessions, for all KEKs of this thread that are on it. */
export class Token {
  readonly module: Pkcs11Module
  /** Calls that run at once. */
  readonly sessions: number
  readonly #options: TokenOptions
  readonly #name: string
  #found: FoundToken
  /** Stays open, so that the log-in lasts while no other session does. */
  #anchor: Handle | undefined
  #pin = ''
  #epoch = 0
  #reconnecting: Promise<void> | undefined
  #idle: Lease[] = []
  readonly #waiting: (() => void)[] = []
  #free: number
  #busy = 0
  #drained: (() => void) | undefined

  private constructor(module: Pkcs11Module, options: TokenOptions, name: string, found: FoundToken) {
    this.module = module
    this.sessions = options.sessions ?? 4
    this.#options = options
    this.#name = name
    this.#found = found
    this.#free = this.sessions
  }

  /**
   * Finds a token and logs in, or joins those who have.
   *
   * @throws KeywrightError `key-not-found`, `configuration` for an ambiguous name or another PIN than the one in use,
   *   `unauthenticated`
   */
  static async acquire(module: Pkcs11Module, options: TokenOptions): Promise<Token> {
    const found = await findSlot(module, options)
    const name = Buffer.from(found.slot).toString('hex')
    let joined = true
    const token = await module.tokens.acquire(name, async () => {
      joined = false
      const made = new Token(module, options, name, found)
      await made.#open()
      return made
    })
    try {
      if (joined) await token.#refuseOtherPin(options.readPin)
      return token
    } catch (error) {
      await token.release()
      throw error
    }
  }

  get info(): TokenInfo {
    return this.#found.info
  }

  get slot(): Handle {
    return this.#found.slot
  }

  /**
   * Runs one operation on a session of its own. After any error the session is closed, for an operation may still be
   * active in it; a session that the token lost is replaced once.
   */
  async run<T>(use: (lease: Lease) => Promise<T>): Promise<T> {
    const epoch = this.#epoch
    try {
      return await this.#once(use)
    } catch (error) {
      if (!(error instanceof CryptokiFailure) || !lostSessions.has(error.rv)) throw error
      await this.#reconnect(epoch)
      return this.#once(use)
    }
  }

  /** Whether the token answers a question now. */
  async answers(): Promise<boolean> {
    try {
      await this.module.slow('C_GetTokenInfo', this.slot)
      return true
    } catch {
      return false
    }
  }

  /** Leaves the token; the last one out waits for what is under way, then closes every session. */
  async release(): Promise<void> {
    await this.module.tokens.release(this.#name, () => this.#close())
  }

  async #once<T>(use: (lease: Lease) => Promise<T>): Promise<T> {
    this.#busy++
    let lease: Lease | undefined
    try {
      if (this.#free > 0) this.#free--
      else await new Promise<void>((resolve) => this.#waiting.push(resolve))
      lease = this.#idle.pop() ?? { session: await this.#openSession(), epoch: this.#epoch }
      const result = await use(lease)
      if (lease.epoch === this.#epoch) this.#idle.push(lease)
      else await this.#closeSession(lease.session)
      this.#passOn()
      return result
    } catch (error) {
      if (lease !== undefined) await this.#closeSession(lease.session)
      this.#passOn()
      throw error
    } finally {
      if (--this.#busy === 0) this.#drained?.()
    }
  }

  #passOn(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }

  /** The token would take any PIN of somebody who is logged in: it does not look at it. */
  async #refuseOtherPin(readPin: ReadPin): Promise<void> {
    const pin = this.#pin === '' ? undefined : await readPin()
    if (pin === undefined || pinDigest(this.module, this.info, pin) === this.#pin) return
    const message = 'this process is logged in at the token with another PIN'
    throw new KeywrightError('configuration', message, { field: 'pin' })
  }

  async #open(): Promise<void> {
    this.#anchor = await this.#openSession()
    try {
      this.#pin = await logIn(this.module, this.#anchor, this.info, this.#options.readPin)
    } catch (error) {
      await this.#closeSession(this.#anchor)
      throw error
    }
  }

  async #openSession(): Promise<Handle> {
    return this.module.slow('C_OpenSession', this.slot, flags.SERIAL_SESSION)
  }

  /** What a session that is closed already answers helps nobody. */
  async #closeSession(session: Handle): Promise<void> {
    await this.module.quick('C_CloseSession', session).catch(() => {})
  }

  /** One for all who lost their sessions at once. */
  async #reconnect(seen: number): Promise<void> {
    if (seen !== this.#epoch) return
    this.#reconnecting ??= this.#replace().finally(() => {
      this.#reconnecting = undefined
    })
    await this.#reconnecting
  }

  async #replace(): Promise<void> {
    const old = this.#idle
    this.#idle = []
    for (const { session } of old) await this.#closeSession(session)
    if (this.#anchor !== undefined) await this.#closeSession(this.#anchor)
    await this.module.initialize()
    this.#found = await findSlot(this.module, this.#options)
    await this.#open()
    this.#epoch++
  }

  async #close(): Promise<void> {
    if (!(await this.#drain())) return this.module.abandon()
    for (const { session } of this.#idle) await this.#closeSession(session)
    if (this.#anchor !== undefined) await this.#closeSession(this.#anchor)
  }

  async #drain(): Promise<boolean> {
    if (this.#busy === 0) return true
    return new Promise((resolve) => {
      const late = setTimeout(resolve, this.#options.closeWithinMs ?? 5_000, false)
      this.#drained = () => {
        clearTimeout(late)
        resolve(true)
      }
    })
  }
}
