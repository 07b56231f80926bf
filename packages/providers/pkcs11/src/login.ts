import { KeywrightError } from '@keywright/core/provider'
import type { Handle, TokenInfo } from './cryptoki.ts'
import { CryptokiFailure } from './cryptoki-calls.ts'
import { flags, returns } from './cryptoki-numbers.ts'
import { loginRefusals } from './error-codes.ts'
import type { Pkcs11Module } from './module.ts'
import { sharedMemory } from './other-threads.ts'
import { RefusedPins } from './refused-pins.ts'
import type { FoundToken } from './slots.ts'

/** Reads the PIN when it is needed; undefined where none is configured. */
export type ReadPin = () => Promise<string | undefined>

const user = 1
const refused = new RefusedPins(sharedMemory().refusals)

/**
 * Logs in at a token, at most once with a wrong PIN: hardware counts tries and locks.
 *
 * @param session any session of the token; the log-in is for all of them
 * @returns what tells this PIN from others; undefined where the token looked at none: it wants none, or somebody else of
 *   this process is logged in
 * @throws KeywrightError `unauthenticated` without a call for a missing PIN, one that was refused before, and where the
 *   token has one try left or none
 */
export async function logIn(
  module: Pkcs11Module,
  session: Handle,
  found: FoundToken,
  readPin: ReadPin,
): Promise<string | undefined> {
  if ((found.info.flags & flags.LOGIN_REQUIRED) === 0) return undefined
  const pin = await readPin()
  if (pin === undefined)
    throw unauthenticated('this token wants a PIN: set pin, pinSource or KEYWRIGHT_PKCS11_PIN')
  return refused.oneAtATime(() => tryOnce(module, session, found, pin))
}

async function tryOnce(
  module: Pkcs11Module,
  session: Handle,
  { slot, info }: FoundToken,
  pin: string,
): Promise<string | undefined> {
  const digest = digestOf(module, info, pin)
  if (refused.has(digest)) {
    throw unauthenticated('this token refused this PIN before; a locked token is worse than another refusal')
  }
  // Asked now: other processes may have tried while somebody typed.
  const { flags: now } = await module.slow('C_GetTokenInfo', slot)
  if ((now & flags.USER_PIN_LOCKED) !== 0) throw unauthenticated('the PIN of this token is locked')
  if ((now & flags.USER_PIN_FINAL_TRY) !== 0) {
    throw unauthenticated(
      "one more wrong PIN locks this token: log in with the token's own tool, and it counts anew",
    )
  }
  try {
    await module.slow('C_Login', session, user, pin)
  } catch (error) {
    const rv = error instanceof CryptokiFailure ? error.rv : -1
    if (rv === returns.USER_ALREADY_LOGGED_IN) return undefined
    if (loginRefusals.has(rv)) refused.add(digest)
    throw error
  }
  return digest.toString('hex')
}

/** Tells one PIN of a token from another without keeping it; after a log-in. */
export function pinDigest(module: Pkcs11Module, info: TokenInfo, pin: string): string {
  return digestOf(module, info, pin).toString('hex')
}

function digestOf(module: Pkcs11Module, info: TokenInfo, pin: string): Buffer {
  return refused.digest(JSON.stringify([module.name, info.serialNumber, info.label, pin]))
}

function unauthenticated(message: string): KeywrightError {
  return new KeywrightError('unauthenticated', message, { field: 'pin' })
}
