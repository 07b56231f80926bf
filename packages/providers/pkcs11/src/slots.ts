import { isKeywrightError, KeywrightError } from '@keywright/core/provider'
import type { Handle, TokenInfo } from './cryptoki.ts'
import { CryptokiFailure } from './cryptoki-calls.ts'
import { flags, returns } from './cryptoki-numbers.ts'
import type { ReadPin } from './login.ts'
import type { Pkcs11Module } from './module.ts'

/** Which token, by what it says of itself; what is absent is not compared. */
export interface TokenName {
  /** The token's label. */
  readonly token?: string | undefined
  readonly serial?: string | undefined
  readonly manufacturer?: string | undefined
  readonly model?: string | undefined
}

/** Which token, and how it is used by all KEKs on it: as the first of them says. */
export interface TokenOptions extends TokenName {
  readonly readPin: ReadPin
  /** How many operations run at once. Default: 4. */
  readonly sessions?: number | undefined
  /** How long the last user waits for calls under way before it leaves them. Default: 5,000. */
  readonly closeWithinMs?: number | undefined
}

/** A slot and what the token in it says of itself. */
export interface FoundToken {
  readonly slot: Handle
  readonly info: TokenInfo
}

/**
 * Finds the one slot whose token is wanted.
 *
 * @throws KeywrightError `key-not-found` where there is none, `configuration` where there are several
 */
export async function findSlot(module: Pkcs11Module, wanted: TokenName): Promise<FoundToken> {
  const found: FoundToken[] = []
  for (const slot of await module.slow('C_GetSlotList', true)) {
    const info = await module.slow('C_GetTokenInfo', slot)
    if ((info.flags & flags.TOKEN_INITIALIZED) !== 0 && isWanted(info, wanted)) found.push({ slot, info })
  }
  const [first, second] = found
  if (first === undefined) {
    throw new KeywrightError('key-not-found', 'the PKCS#11 module has no such token', { field: 'token' })
  }
  if (second === undefined) return first
  const message = 'several tokens of the PKCS#11 module fit: name one by its serial'
  throw new KeywrightError('configuration', message, { field: 'token' })
}

/**
 * Finds the slot of a token that was there before.
 *
 * @throws CryptokiFailure TOKEN_NOT_PRESENT where it is away; KeywrightError `configuration` where several fit
 */
export function findSlotAgain(module: Pkcs11Module, wanted: TokenName): Promise<FoundToken> {
  return findSlot(module, wanted).catch((error: unknown) => {
    if (!isKeywrightError(error, 'key-not-found')) throw error
    throw new CryptokiFailure('C_GetSlotList', returns.TOKEN_NOT_PRESENT)
  })
}

/** The label as people write it. */
export function unpadded(text: string): string {
  return text.replace(/[ \0]+$/, '')
}

function isWanted(info: TokenInfo, { token, serial, manufacturer, model }: TokenName): boolean {
  const pairs = [
    [token, info.label],
    [serial, info.serialNumber],
    [manufacturer, info.manufacturerID],
    [model, info.model],
  ] as const
  return pairs.every(([name, padded]) => name === undefined || unpadded(padded) === name)
}
