import { KeywrightError } from '@keywright/core/provider'
import type { Clock } from '@keywright/resilience'
import type { VaultAuth, VaultClient } from '../vault-options.ts'
import { machineClock, type TryLimit, withinTry } from './one-try.ts'
import { type Lease, Renewal } from './renewal.ts'
import { answerOf, textOf, VaultFailure } from './vault-failure.ts'
import { givenToken, loginRequest } from './vault-login.ts'

/** An answer of Vault, as far as it is read; every field is what somebody else sent. */
export interface VaultAnswer {
  readonly request_id?: unknown
  readonly data?: Readonly<Record<string, unknown>> | null | undefined
  readonly auth?: Readonly<Record<string, unknown>> | null | undefined
}

/** The time that a session goes by. */
export interface SessionTimes {
  /** For renewals. Default: the machine's. */
  readonly clock?: Clock | undefined
  /** Of logins and renewals, which several calls wait for. */
  readonly limit: TryLimit
}

/** What is known of a token that met a 403. `unknown`: it may not look itself up, or it has ended. */
type Standing = 'accepted' | 'ended' | 'unknown'

/** Calls to one Vault, with a token that is renewed, and obtained anew when it is no longer accepted. */
export class VaultSession {
  readonly #client: VaultClient
  readonly #auth: VaultAuth | undefined
  readonly #limit: TryLimit
  readonly #renewal: Renewal
  #loggingIn: Promise<void> | undefined
  /** A token that may not look itself up, so that its refusals are taken for those of its policy. */
  #unseeing: string | undefined

  /** @param auth undefined where the client's owner looks after its token */
  constructor(
    client: VaultClient,
    auth: VaultAuth | undefined,
    { clock = machineClock, limit }: SessionTimes,
  ) {
    this.#client = client
    this.#auth = auth
    this.#limit = limit
    this.#renewal = new Renewal(clock)
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
      if (this.#client.token !== token) return this.#ask(path, data, signal)
      const standing = await this.#standing(error, signal)
      if (standing === 'accepted') throw error
      if (this.#client.token === token && this.#auth !== undefined) await this.login()
      const fresh = this.#client.token
      if (fresh === token && standing === 'ended') throw unauthenticated()
      if (fresh === token) {
        this.#unseeing = token
        throw error
      }
      try {
        return await this.#ask(path, data, signal)
      } catch (again) {
        // Obtained just now, and refused as the one before it was: that is the policy.
        if (standing === 'unknown' && isRefusal(again)) this.#unseeing = fresh
        throw again
      }
    }
  }

  /**
   * Obtains a token, once for all who ask meanwhile.
   *
   * @param signal of a connection; without one the login ends at the limit
   */
  login(signal?: AbortSignal): Promise<void> {
    const obtained =
      this.#loggingIn ??
      (signal === undefined
        ? withinTry(this.#limit, (late) => this.#obtain(late))
        : this.#obtain(signal)
      ).finally(() => {
        this.#loggingIn = undefined
      })
    this.#loggingIn = obtained
    return obtained
  }

  /** Stops renewing. */
  close(): void {
    this.#renewal.close()
  }

  async #ask(path: string, data: object | undefined, signal?: AbortSignal): Promise<VaultAnswer> {
    const options = { signal }
    const answer: unknown = await (data === undefined
      ? this.#client.read(path, options)
      : this.#client.write(path, data, options))
    return (answer ?? {}) as VaultAnswer
  }

  /** A 403 is about the policy where Vault still knows the token. */
  async #standing(refusal: unknown, signal?: AbortSignal): Promise<Standing> {
    if (!isRefusal(refusal)) return 'ended'
    // A token of the environment or a file may have been replaced there, which costs Vault no call.
    if (this.#client.token === this.#unseeing) return this.#auth?.method === 'token' ? 'unknown' : 'accepted'
    try {
      await this.#ask('auth/token/lookup-self', undefined, signal)
      return 'accepted'
    } catch (error) {
      if (answerOf(error)?.statusCode !== 403) throw error
      return isRefusal(error) ? 'unknown' : 'ended'
    }
  }

  async #obtain(signal: AbortSignal): Promise<void> {
    const auth = this.#auth ?? { method: 'token' }
    if (auth.method === 'token') return this.#takeGiven(await givenToken(auth, this.#client.endpoint), signal)
    const [path, credentials] = await loginRequest(auth)
    let answer: VaultAnswer
    try {
      answer = await this.#ask(path, credentials, signal)
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

  async #takeGiven(token: string, signal: AbortSignal): Promise<void> {
    // Who waited for it has given up, and somebody else may have fetched a newer one.
    if (signal.aborted) throw new VaultFailure('aborted')
    const { token: former } = this.#client
    if (token === former) return
    this.#client.token = token
    let answer: VaultAnswer = {}
    try {
      answer = await this.#ask('auth/token/lookup-self', undefined, signal)
    } catch (error) {
      if (answerOf(error)?.statusCode !== 403) {
        this.#client.token = former
        throw error
      }
      // A policy may keep a token from looking at itself; whether it is good shows at the first call.
      if (isRefusal(error)) this.#unseeing = token
    }
    const { data } = answer
    this.#watch({ lifeMs: seconds(data?.['ttl']), renewable: data?.['renewable'] === true })
  }

  #watch(lease: Lease): void {
    this.#renewal.watch(lease, () => this.#renew(lease.renewable))
  }

  async #renew(renewable: boolean): Promise<void> {
    if (!renewable) return this.login()
    try {
      this.#take(await withinTry(this.#limit, (late) => this.#ask('auth/token/renew-self', {}, late)))
    } catch (error) {
      const status = answerOf(error)?.statusCode
      // Any other answer says nothing of the token.
      if (status !== 400 && status !== 403) throw error
      await this.login()
    }
  }
}

/** A 403 that says nothing of the token: newer servers say of one that has ended that it is invalid. */
function isRefusal(error: unknown): boolean {
  const answer = answerOf(error)
  return answer?.statusCode === 403 && !textOf(answer).includes('invalid token')
}

function seconds(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value * 1000 : 0
}

function unauthenticated(): KeywrightError {
  return new KeywrightError('unauthenticated', 'Vault does not accept this token or login', { field: 'auth' })
}
