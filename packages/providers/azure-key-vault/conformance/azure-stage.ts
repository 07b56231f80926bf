import { createPublicKey, publicEncrypt } from 'node:crypto'
import { type JsonWebKey, KeyClient } from '@azure/keyvault-keys'
import type { ConformanceStage, Fault as Misbehaviour } from '@keywright/conformance'
import type { AzureEmulator, Fault } from '@keywright/emulators'
import { type AzureAlgorithm, azureKeyVault } from '../src/index.ts'
import { rsaKeys } from './rsa-keys.ts'

const misbehaviours: Readonly<Record<Misbehaviour, Fault>> = {
  'other-key': { kind: 'other-key' },
  'other-version': { kind: 'other-version' },
  'no-key-named': { kind: 'no-key-named' },
  'no-version': { kind: 'no-version' },
  'no-data-key': { kind: 'no-data-key' },
  'short-data-key': { kind: 'data-key-length', bytes: 31 },
  'long-data-key': { kind: 'data-key-length', bytes: 33 },
  'empty-wrapped': { kind: 'wrapped-length', bytes: 0 },
  'huge-wrapped': { kind: 'wrapped-length', bytes: 8_193 },
  throttled: { kind: 'throttle' },
  unavailable: { kind: 'unavailable' },
  unauthenticated: { kind: 'unauthenticated' },
  nonsense: { kind: 'nonsense' },
  'leaky-error': { kind: 'leaky-error' },
  hang: { kind: 'stall' },
  'connect-fails-once': { kind: 'unavailable' },
}

/** Two keys of an emulator: RSA by import, or symmetric ones for an algorithm of a managed HSM. */
export async function azureStage(
  emulator: AzureEmulator,
  algorithm?: AzureAlgorithm,
): Promise<ConformanceStage> {
  const { certificate: ca, faults, grants, host } = emulator
  const token = emulator.token()
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const trust = { disableChallengeResourceVerification: true, tlsOptions: { ca } }
  const keys = new KeyClient(emulator.url, credential, trust)
  const isVault = emulator.name === 'azure-key-vault'
  const make = (name: string, jwk: JsonWebKey = {}) =>
    isVault ? keys.importKey(name, jwk) : keys.createKey(name, 'oct-HSM', { keySize: 256 })
  const { properties, key } = await make('first', rsaKeys[0])
  await make('second', rsaKeys[1])
  const { version: oldest = '' } = properties
  const kek = (name: string) =>
    azureKeyVault({
      key: `${host}/keys/${name}`,
      algorithm,
      credential,
      tls: { ca },
      emulatorHost: host,
      resilience: false,
    })
  const enable = (version: string, enabled: boolean) => async () =>
    void (await keys.updateKeyProperties('first', version, { enabled }))
  const cause = (name: Misbehaviour) => (): void => {
    const once = name === 'connect-fails-once' ? { times: 1 } : {}
    faults.add({ fault: misbehaviours[name], key: 'first', ...once })
  }
  // What wraps is known then, and connecting makes no call that could fail.
  const able = (Object.keys(misbehaviours) as Misbehaviour[]).filter(
    (name) => algorithm === undefined || name !== 'connect-fails-once',
  )
  const publicKey = { kty: 'RSA', n: encoded(key?.n), e: encoded(key?.e) }
  return {
    first: () => kek('first'),
    second: () => kek('second'),
    missing: () => kek('missing'),
    secrets: [token],
    rotate: async () => void (await keys.rotateKey('first')),
    retire: enable(oldest, false),
    disable: enable(oldest, false),
    enable: enable(oldest, true),
    destroy: async () => void (await keys.beginDeleteKey('first')),
    deny: async () => grants.limit('emulator', []),
    calls: () => emulator.calls.count(),
    faults: Object.fromEntries(able.map((name) => [name, cause(name)])),
    forge: isVault
      ? async (dataKey) => ({
          wrapped: publicEncrypt(
            { key: createPublicKey({ key: publicKey, format: 'jwk' }), oaepHash: 'sha256' },
            dataKey,
          ),
          algorithm: 'azure.rsa-oaep-256',
          keyVersion: oldest,
        })
      : undefined,
    close: emulator.close,
  }
}

function encoded(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64url')
}
