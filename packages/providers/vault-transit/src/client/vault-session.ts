import { setTimeout as delay } from 'node:timers/promises'
import { KeywrightError } from '@keywright/core'
import type { Clock } from '@keywright/resilience'
import type { VaultAuth, VaultClient } from '../vault-options.ts'
import { answerOf, textOf } from './vault-failure.ts'
import { givenToken, loginRequest } from './vault-login.ts'

/** An answer of Vault, as far as it is read; every field is what somebody else sent. */
export interface VaultAnswer {
  readonly request_id?: unknown
  readonly data?: Readonly<Record<string, unknown>> | null | undefined
  readonly auth?: Readonly<Record<string, unknown>> | null | undefined
}

/** How long a token lives, in milliseconds; 0: as long as it likes. */
interface Lease {
  readonly lifeMs: number
  readonly renewable: boolean
}

/** Longer timers end at once. */
const longestTimerMs = 2 ** 31 - 1
const shortestPauseMs = 1_000

const machineClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { ref: false, signal }).catch(() => {}),
}

/** Calls to one Vault, with a token that is renewed, and obtained anew when it is no longer accepted. */
export class VaultSession {
  readonly #client: VaultClient
  readonly #auth: VaultAuth | undefined
  readonly #clock: Clock
  #renewal = new AbortController()
  #loggingIn: Promise<void> | undefined

  /** @param auth undefined where the client's owner looks after its token */
  constructor(client: VaultClient, auth: VaultAuth | undefined, clock: Clock = machineClock) {
    this.#client = client
    this.#auth = auth
    this.#clock = clock
  }

  /**
   * Reads a path, or writes to it where there is something to write.
   *
   * @throws VaultFailure what Vault refused; KeywrightError `unauthenticated` for a token that is not accepted
   */
  async call(path: string, data?: object, signal?: AbortSignal): Promise<VaultAnswer> {
    const { token } = this.#client
    try {
      return await this.#ask(path, data, signal)
    } catch (error) {
      if (answerOf(error)?.statusCode !== 403) throw error
      // Whoever was refused with the same token has a new one by now.
      if (this.#client.token === token) {
        if (await this.#isAccepted(error, signal)) throw error
        if (this.#auth !== undefined) await this.login()
        if (this.#client.token === token) throw unauthenticated()
      }
      return this.#ask(path, data, signal)
    }
  }

  /** Obtains a token, once for all who ask meanwhile. */
  login(): Promise<void> {
    this.#loggingIn ??= this.#obtain().finally(() => {
      this.#loggingIn = undefined
    })
    return this.#loggingIn
  }

  /** Stops renewing. */
  close(): void {
    this.#renewal.abort()
  }

  async #ask(path: string, data: object | undefined, signal?: AbortSignal): Promise<VaultAnswer> {
    const options = { signal }
    const answer: unknown = await (data === undefined
      ? this.#client.read(path, options)
      : this.#client.write(path, data, options))
    return (answer ?? {}) as VaultAnswer
  }

  /** A 403 is about the policy where Vault still knows the token. */
  async #isAccepted(refusal: unknown, signal?: AbortSignal): Promise<boolean> {
    const answer = answerOf(refusal)
    if (answer !== undefined && textOf(answer).includes('invalid token')) return false
    try {
      await this.#ask('auth/token/lookup-self', undefined, signal)
      return true
    } catch (error) {
      if (answerOf(error)?.statusCode === 403) return false
      throw error
    }
  }

  async #obtain(): Promise<void> {
    const auth = this.#auth ?? { method: 'token' }
    if (auth.method === 'token') {
      const token = await givenToken(auth)
      if (token === this.#client.token) return
      this.#client.token = token
      const { data } = await this.#ask('auth/token/lookup-self', undefined).catch(
        (error: unknown): VaultAnswer => {
          // A policy may keep a token from looking at itself; whether it is good shows at the first call.
          if (answerOf(error)?.statusCode === 403) return {}
          throw error
        },
      )
      return this.#watch({ lifeMs: seconds(data?.['ttl']), renewable: data?.['renewable'] === true })
    }
    const [path, credentials] = await loginRequest(auth)
    let answer: VaultAnswer
    try {
      answer = await this.#ask(path, credentials)
    } catch (error) {
      const status = answerOf(error)?.statusCode ?? 0
      if (status >= 400 && status <= 404) throw unauthenticated()
      throw error
    }
    this.#take(answer)
  }

  #take({ auth }: VaultAnswer): void {
    const token = auth?.['client_token']
    if (typeof token !== 'string')
      throw new KeywrightError('invalid-response', 'Vault answered a login with no token')
    this.#client.token = token
    this.#watch({ lifeMs: seconds(auth?.['lease_duration']), renewable: auth?.['renewable'] === true })
  }

  #watch(lease: Lease): void {
    if (this.#renewal.signal.aborted) return
    this.#renewal.abort()
    this.#renewal = new AbortController()
    void this.#keepAlive(lease, this.#renewal.signal)
  }

  /** Renews at two thirds of a life; what fails is tried again at a third of what is left. Ends with its signal. */
  async #keepAlive({ lifeMs, renewable }: Lease, ended: AbortSignal): Promise<void> {
    const expires = this.#clock.now() + lifeMs
    let due = this.#clock.now() + (lifeMs * 2) / 3
    while (lifeMs > 0 && !ended.aborted) {
      const wait = due - this.#clock.now()
      if (wait > 0) {
        await this.#clock.sleep(Math.min(wait, longestTimerMs), ended).catch(() => {})
        continue
      }
      try {
        return await this.#renew(renewable)
      } catch {
        const left = expires - this.#clock.now()
        // The next call is refused then, and logs in.
        if (left <= 0) return
        due = this.#clock.now() + Math.max(left / 3, shortestPauseMs)
      }
    }
  }

  async #renew(renewable: boolean): Promise<void> {
    if (!renewable) return this.login()
    try {
      this.#take(await this.#ask('auth/token/renew-self', {}))
    } catch (error) {
      const status = answerOf(error)?.statusCode
      // Any other answer says nothing of the token.
      if (status !== 400 && status !== 403) throw error
      await this.login()
    }
  }
}

function seconds(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value * 1000 : 0
}

function unauthenticated(): KeywrightError {
  return new KeywrightError('unauthenticated', 'Vault does not accept this token or login', { field: 'auth' })
}
