import { KeywrightError } from '@keywright/core/provider'
import type { Handle, TokenInfo } from './cryptoki.ts'
import { CryptokiFailure } from './cryptoki-calls.ts'
import { flags, returns, sessionStates } from './cryptoki-numbers.ts'
import { lostSessions, refusalOrFault } from './error-codes.ts'
import { logIn, pinDigest, type ReadPin } from './login.ts'
import type { Pkcs11Module } from './module.ts'
import { type Lease, SessionPool } from './session-pool.ts'
import { type FoundToken, findSlot, findSlotAgain, type TokenOptions } from './slots.ts'

/** A token with its log-in and its sessions, for all KEKs of this thread that are on it. */
export class Token {
  readonly module: Pkcs11Module
  /** Calls that run at once. */
  readonly sessions: number
  readonly #options: TokenOptions
  readonly #closeWithinMs: number
  readonly #name: string
  readonly #pool: SessionPool
  #found: FoundToken
  /** Stays open, so that the log-in lasts while no other session does. */
  #anchor: Handle | undefined
  /** Of the PIN that this process logged in with; undefined where none is wanted, or somebody else did. */
  #pin: string | undefined
  /** False from the loss of the sessions to the next log-in: until then nothing that is not found is known to be gone. */
  #connected = true
  #reconnecting: Promise<void> | undefined

  private constructor(module: Pkcs11Module, options: TokenOptions, name: string, found: FoundToken) {
    this.module = module
    this.sessions = options.sessions ?? 4
    this.#options = options
    this.#closeWithinMs = options.closeWithinMs ?? 5_000
    this.#name = name
    this.#found = found
    this.#pool = new SessionPool(this.sessions, {
      open: () => this.#openSession(),
      close: (session) => this.#closeSession(session),
    })
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

  /** Runs one operation on a session of its own. Sessions or a log-in that the token lost are replaced once. */
  async run<T>(use: (lease: Lease) => Promise<T>): Promise<T> {
    if (!this.#connected) await this.#reconnect(this.#pool.epoch)
    const { epoch } = this.#pool
    try {
      return await this.#pool.use(use)
    } catch (error) {
      if (!(error instanceof CryptokiFailure)) throw error
      const lost = lostSessions.has(error.rv) || (refusalOrFault.has(error.rv) && (await this.#isLoggedOut()))
      if (!lost) throw error
      await this.#reconnect(epoch)
      return this.#pool.use(use)
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

  /**
   * Refuses what a session saw without a log-in, or of a token that is away: private objects are not found then, and
   * nobody says why.
   *
   * @param nothing whether it saw nothing at all
   * @throws CryptokiFailure TOKEN_NOT_PRESENT or USER_NOT_LOGGED_IN, which {@link run} reconnects for
   */
  async refusePartialView({ session }: Lease, nothing: boolean): Promise<void> {
    if (nothing && !(await this.answers())) {
      throw new CryptokiFailure('C_GetTokenInfo', returns.TOKEN_NOT_PRESENT)
    }
    if (await this.#sees(session)) return
    throw new CryptokiFailure('C_GetSessionInfo', returns.USER_NOT_LOGGED_IN)
  }

  /** Leaves the token; the last one out waits for what is under way, then closes every session. */
  async release(): Promise<void> {
    await this.module.tokens.release(this.#name, () => this.#close())
  }

  /** The token would take any PIN of somebody who is logged in: it does not look at it. */
  async #refuseOtherPin(readPin: ReadPin): Promise<void> {
    const pin = this.#pin === undefined ? undefined : await readPin()
    if (pin === undefined || pinDigest(this.module, this.info, pin) === this.#pin) return
    const message = 'this process is logged in at the token with another PIN'
    throw new KeywrightError('configuration', message, { field: 'pin' })
  }

  async #open(): Promise<void> {
    const anchor = await this.#openSession()
    try {
      // Where the log-in outlasted the sessions, it is still of the PIN before.
      this.#pin = (await logIn(this.module, anchor, this.#found, this.#options.readPin)) ?? this.#pin
      this.#anchor = anchor
    } catch (error) {
      await this.#closeSession(anchor)
      throw error
    }
  }

  /** Whether a session sees the objects of a user. */
  async #sees(session: Handle): Promise<boolean> {
    if ((this.info.flags & flags.LOGIN_REQUIRED) === 0) return true
    const { state } = await this.module.quick('C_GetSessionInfo', session)
    return state === sessionStates.RO_USER_FUNCTIONS || state === sessionStates.RW_USER_FUNCTIONS
  }

  async #isLoggedOut(): Promise<boolean> {
    return this.#anchor !== undefined && !(await this.#sees(this.#anchor).catch(() => true))
  }

  async #openSession(): Promise<Handle> {
    return this.module.slow('C_OpenSession', this.slot, flags.SERIAL_SESSION)
  }

  async #closeSession(session: Handle): Promise<void> {
    const closing = async (): Promise<void> => this.module.quick('C_CloseSession', session)
    await closing().catch(() => {})
  }

  /** One for all who lost their sessions at once. */
  async #reconnect(seen: number): Promise<void> {
    if (this.#connected && seen !== this.#pool.epoch) return
    this.#connected = false
    this.#reconnecting ??= this.#pool
      .renew(() => this.#replace())
      .finally(() => {
        this.#reconnecting = undefined
      })
    await this.#reconnecting
  }

  async #replace(): Promise<void> {
    if (this.#anchor !== undefined) await this.#closeSession(this.#anchor)
    this.#anchor = undefined
    await this.module.initialize()
    this.#found = await this.#findAgain()
    await this.#open()
    this.#connected = true
  }

  /** Some modules see a token that was away only after they were initialised anew. */
  async #findAgain(): Promise<FoundToken> {
    try {
      return await findSlotAgain(this.module, this.#options)
    } catch (error) {
      const away = error instanceof CryptokiFailure
      if (!away || !(await this.#pool.quiet('at-work', this.#closeWithinMs))) throw error
      if (!(await this.module.restart())) throw error
      return findSlotAgain(this.module, this.#options)
    }
  }

  async #close(): Promise<void> {
    if (!(await this.#pool.quiet('all', this.#closeWithinMs))) return this.module.abandon()
    await this.#pool.close()
    if (this.#anchor !== undefined) await this.#closeSession(this.#anchor)
  }
}
