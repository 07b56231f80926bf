import { type Capabilities, type KekDriver, KeywrightError } from '@keywright/core/provider'
import { chooseWrapping, type WrappingOptions } from './choose-wrapping.ts'
import { CryptokiFailure } from './cryptoki-calls.ts'
import { flags, returns } from './cryptoki-numbers.ts'
import { isAmbiguous } from './error-codes.ts'
import type { KeyObject } from './key-objects.ts'
import { KeyVersions, type KeyVersionsOptions } from './key-versions.ts'
import { unpadded } from './slots.ts'
import type { Token } from './token.ts'
import { formatTokenPath, isSameKey, keyOnSameToken } from './token-uri.ts'
import { printWarning } from './warnings.ts'
import { wrapCounterOf } from './wrap-count.ts'

/** What the driver reads of the options. */
export interface DriverOptions extends KeyVersionsOptions, WrappingOptions {
  readonly sessions?: number | undefined
}

/**
 * One KEK on a token.
 *
 * @param token found and logged in
 * @param options with the key's name
 * @param leave lets go of token and module, on close
 */
export async function pkcs11Driver(
  token: Token,
  options: DriverOptions,
  leave: () => Promise<void>,
): Promise<KekDriver> {
  const label = unpadded(token.info.label)
  const { serial, key: keyLabel, type = 'secret-key' } = options
  const name = { token: label, serial, key: keyLabel, type }
  const versions = new KeyVersions(token, options)
  const present = await versions.list()
  const wrapping = await chooseWrapping(token, versions.currentOf(present), options)
  const { slow } = token.module
  const mechanism = await slow('C_GetMechanismInfo', token.slot, wrapping.mechanism)
  const namesVersions = present.every(({ version }) => version !== '')
  const capabilities: Capabilities = {
    contextBinding: wrapping.contextBinding,
    tellsVersionOnWrap: namesVersions,
    tellsVersionOnUnwrap: namesVersions,
    needsVersionToUnwrap: namesVersions,
    tellsKey: false,
    serverSideRewrap: wrapping.rewrap !== undefined,
    generatesDataKeys: false,
    maxBatchKeys: 1,
    wrapAuthenticity: wrapping.wrapAuthenticity,
    maxConcurrentCalls: token.sessions,
    protectionLevel: (mechanism.flags & flags.HW) === 0 ? 'software' : 'hsm',
    algorithms: [wrapping.algorithm],
  }
  const { algorithm } = wrapping
  const told = ({ version }: KeyObject): string | undefined => (namesVersions ? version : undefined)
  const count = ({ version }: KeyObject): void => {
    if (!wrapping.countsWraps) return
    const { onWarning = printWarning } = options
    const message = `the PKCS#11 key "${options.key}" with CKA_ID "${version}" wrapped 2^30 times here: rotate it before 2^32`
    const counted = JSON.stringify([token.info.serialNumber, label, options.key, version])
    wrapCounterOf(counted).add(() => onWarning({ code: 'KEYWRIGHT_PKCS11_MANY_WRAPS', message }))
  }
  const refuseOtherLength = ({ length }: Uint8Array): void => {
    const { wrappedBytes = length } = wrapping
    if (length === 0 || length !== wrappedBytes) {
      throw new CryptokiFailure('C_DecryptAsync', returns.ENCRYPTED_DATA_LEN_RANGE)
    }
  }
  const rewrapInside = wrapping.rewrap

  const keyRef = formatTokenPath(name)

  return {
    keyRef,
    capabilities,
    owns: (reference) => reference === keyRef || isSameKey(reference, name),
    wrapKey: ({ dataKey, context }) =>
      versions.withCurrent(async (lease, key) => {
        count(key)
        const wrapped = await wrapping.wrap(lease, key, dataKey, context.digest)
        return { wrapped, keyVersion: told(key), algorithm }
      }),
    unwrapKey: async ({ wrapped, keyVersion, context }) => {
      refuseOtherLength(wrapped)
      return versions.withVersion(keyVersion, async (lease, key) => {
        try {
          const dataKey = await wrapping.unwrap(lease, key, wrapped, context.digest)
          return { dataKey, keyVersion: told(key) }
        } catch (error) {
          throw await askedAfter(error, token)
        }
      })
    },
    rewrapKey:
      rewrapInside &&
      (async ({ wrapped, reference, keyVersion, algorithm: source }) => {
        const from = keyOnSameToken(reference, name)
        if (from === undefined || source !== algorithm) throw notFrom()
        refuseOtherLength(wrapped)
        return new KeyVersions(token, from).withVersion(keyVersion, async (lease, key) => {
          try {
            const to = await versions.findCurrent(lease)
            const moved = await rewrapInside(lease, key, wrapped, to)
            return { wrapped: moved, keyVersion: told(to), algorithm }
          } catch (error) {
            throw await askedAfter(error, token)
          }
        })
      }),
    describeKey: async () => {
      const found = await versions.list()
      return {
        state: 'enabled',
        currentVersion: told(versions.currentOf(found)),
        versions: found.map(({ version }) => ({ version, state: 'enabled' })),
        protectionLevel: capabilities.protectionLevel,
      }
    },
    close: leave,
  }
}

/** Some tokens say to a wrapped key what others say when they fail: this one is asked which it was. */
async function askedAfter(error: unknown, token: Token): Promise<unknown> {
  if (!(error instanceof CryptokiFailure) || !isAmbiguous(error)) return error
  return new CryptokiFailure(error.call, error.rv, await token.answers())
}

function notFrom(): KeywrightError {
  const message = 'a token moves wrapped keys only between keys of its own, wrapped the same way'
  return new KeywrightError('unsupported', message, { field: 'reference' })
}
