import {
  isKeywrightError,
  type Kek,
  type Keyring,
  type KeyringOptions,
  KeywrightError,
  keyring,
  parseKeyUri,
} from '@keywright/core'
import type { ConfigFile, KeyringConfig } from '../config/config-file.ts'
import { mistake } from '../flags/mistake.ts'
import { loadProvider } from './load-provider.ts'
import type { Passphrases } from './passphrases.ts'

/** What keys are looked up with. */
export interface KeyLookupOptions {
  readonly config: ConfigFile | undefined
  /** Value of --keyring. */
  readonly keyring: string | undefined
  readonly passphrases: Passphrases
}

/** A key that a new envelope has no slot of, and why. */
export interface SealWarning {
  readonly key: string
  readonly code: KeywrightError['code']
}

/** Makes KEKs of URIs, one of each, and keyrings of them; closes all in the end. */
export class KeyLookup {
  readonly #options: KeyLookupOptions
  readonly #keks = new Map<string, Promise<Kek>>()
  #sealWarnings: readonly SealWarning[] = []
  readonly #proceed = (warning: SealWarning): void => {
    this.#sealWarnings = [...this.#sealWarnings, warning]
  }

  /** @param options of the run */
  constructor(options: KeyLookupOptions) {
    this.#options = options
  }

  /**
   * The KEKs of URIs from the command line.
   *
   * @param uris as written
   * @param flag for messages
   * @throws KeywrightError `configuration` or `invalid-argument`; nothing has been connected
   */
  async keks(uris: readonly string[], flag: string): Promise<readonly Kek[]> {
    for (const uri of uris) checkTyped(uri, flag)
    return Promise.all([...new Set(uris)].map((uri) => this.#kek(uri)))
  }

  /**
   * A keyring to seal with: --key, else the config's.
   *
   * @param uris values of --key
   */
  async forSealing(uris: readonly string[] | undefined): Promise<Keyring> {
    if (uris !== undefined) return this.#keyring({ seal: await this.keks(uris, '--key') })
    const ring = await this.fromConfig()
    if (ring === undefined) throw noKeys('to seal with')
    const { seal = [], groups } = ring.config
    if (seal.length > 0 || groups !== undefined) return ring.keyring
    throw mistake(
      '--key',
      `the keyring "${ring.name}" has no keys to seal with: add some to its "seal", or use --key`,
    )
  }

  /**
   * A keyring to open with: --key, else the config's.
   *
   * @param uris values of --key
   * @param acceptPublicKeyWrap beside others, for keys of --key; the config says it for its own
   */
  async forOpening(uris: readonly string[] | undefined, acceptPublicKeyWrap = false): Promise<Keyring> {
    if (uris !== undefined)
      return this.#keyring({ open: await this.keks(uris, '--key'), acceptPublicKeyWrap })
    const ring = await this.fromConfig()
    if (ring === undefined) throw noKeys('to open with')
    return ring.keyring
  }

  /** The config's keyring with its KEKs; undefined without a config file. */
  async fromConfig(): Promise<{ name: string; config: KeyringConfig; keyring: Keyring } | undefined> {
    const { config } = this.#options
    const name = this.#options.keyring ?? 'default'
    if (config === undefined) {
      if (this.#options.keyring === undefined) return undefined
      throw mistake('--keyring', `--keyring ${name} needs a config file: keywright init makes one`)
    }
    const ring = this.#ring()
    if (ring === undefined) {
      const names = Object.keys(config.keyrings).join(', ')
      throw mistake('--keyring', `${config.path} has no keyring "${name}"; it has: ${names}`)
    }
    const { seal, open, groups, concealKeyFile: _, hedge, onSealFailure, ...rest } = ring
    const keks = (uris: readonly string[]): Promise<Kek[]> => Promise.all(uris.map((uri) => this.#kek(uri)))
    return {
      name,
      config: ring,
      keyring: await this.#keyring({
        ...rest,
        openStrategy: hedge && (await import('@keywright/resilience')).hedged(hedge),
        onSealFailure: onSealFailure === 'proceed' ? { proceed: this.#proceed } : 'fail',
        seal: seal && (await keks(seal)),
        open: open && (await keks(open)),
        groups: groups && (await Promise.all(groups.map(keks))),
      }),
    }
  }

  /** Every KEK of the config's keyring; none without a config file. */
  async allKeks(): Promise<readonly Kek[]> {
    const ring = await this.fromConfig()
    const { seal = [], open = [], groups = [] } = ring?.config ?? {}
    return Promise.all([...new Set([...seal, ...open, ...groups.flat()])].map((uri) => this.#kek(uri)))
  }

  /** The KEKs that the config's keyring seals with, besides some; none without a config file. */
  async otherKeks(uris: readonly string[]): Promise<readonly Kek[]> {
    const ring = await this.fromConfig()
    if (ring === undefined) return []
    const { seal = [], groups = [] } = ring.config
    const others = [...seal, ...groups.flat()].filter((uri) => !uris.includes(uri))
    return Promise.all(others.map((uri) => this.#kek(uri)))
  }

  /**
   * Hands the key that conceals names to some work, and wipes it afterwards. It is that of the config's keyring, also
   * where --key names keys.
   *
   * @param work is given undefined where none is configured
   */
  async withConcealKey<T>(work: (concealKey: Uint8Array | undefined) => T | Promise<T>): Promise<T> {
    const { config } = this.#options
    const file = this.#ring()?.concealKeyFile
    if (config === undefined || file === undefined) return work(undefined)
    const { readConcealKey } = await import('./conceal-key.ts')
    const key = await readConcealKey(config, file)
    try {
      return await work(key)
    } finally {
      key.fill(0)
    }
  }

  /** The keys that envelopes were sealed without since the last call, by a keyring that proceeds then. */
  takeSealWarnings(): readonly SealWarning[] {
    const taken = this.#sealWarnings
    this.#sealWarnings = []
    return taken
  }

  /** Closes every KEK that was made. */
  async close(): Promise<void> {
    const made = await Promise.allSettled(this.#keks.values())
    await Promise.allSettled(made.map((kek) => (kek.status === 'fulfilled' ? kek.value.close() : undefined)))
  }

  #keyring(options: KeyringOptions): Promise<Keyring> {
    return this.withConcealKey((concealKey) => keyring({ ...options, concealKey }))
  }

  #ring(): KeyringConfig | undefined {
    const { config, keyring: name = 'default' } = this.#options
    if (config === undefined || !Object.hasOwn(config.keyrings, name)) return undefined
    return config.keyrings[name]
  }

  #kek(uri: string): Promise<Kek> {
    let kek = this.#keks.get(uri)
    if (kek === undefined) {
      kek = this.#make(uri)
      this.#keks.set(uri, kek)
    }
    return kek
  }

  async #make(text: string): Promise<Kek> {
    const uri = parseKeyUri(text)
    const { config, passphrases } = this.#options
    const provider = await loadProvider(uri.scheme, config)
    if (uri.scheme !== 'local') return provider.fromUri(text)
    const { local, describeKey } = await import('@keywright/local')
    if (provider.fromUri !== local.fromUri) return provider.fromUri(text)
    const key = uri.reference
    const passphrase = passphrases.sourceFor(key, await isGuarded(() => describeKey({ key })))
    return local({ key, passphrase })
  }
}

/** Whether a key's file asks for a passphrase; what is wrong with the file is told when the key is used. */
async function isGuarded(describe: () => Promise<{ readonly passphrase: boolean }>): Promise<boolean> {
  try {
    return (await describe()).passphrase
  } catch (error) {
    if (isKeywrightError(error)) return false
    throw error
  }
}

/** Refuses what must not stand on a command line, where other users and the shell's history see it. */
function checkTyped(uri: string, flag: string): void {
  if (/pin-value/i.test(decodedPercent(uri))) {
    throw mistake(
      flag,
      `${flag}: a PIN does not belong on a command line: use pin-source=file:PATH in its place`,
    )
  }
  try {
    parseKeyUri(uri)
  } catch (error) {
    throw isKeywrightError(error) ? mistake(flag, `${flag}: ${error.message}`) : error
  }
}

function decodedPercent(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function noKeys(what: string): KeywrightError {
  const message = `there is no key ${what}: name one with --key URI, or run keywright init for one of your own`
  return new KeywrightError('configuration', message, { field: '--key' })
}
