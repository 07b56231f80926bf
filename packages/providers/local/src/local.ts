import { isKeywrightError, type Provider, provider } from '@keywright/core/provider'
import { writeNewKey } from './edit-key.ts'
import { locateKey } from './key-location.ts'
import { checkKeyName } from './key-name.ts'
import { LiveKey } from './live-key.ts'
import { localDriver } from './local-driver.ts'
import { choosePassphrase, type PassphraseSource } from './passphrase.ts'

/** Which local key, and how to open its file. */
export interface LocalOptions {
  /** 1 to 63 of `a-z 0-9 . _ -`, starting with a letter or digit. */
  readonly key: string
  /** The data folder; else KEYWRIGHT_DATA_DIR, else the user's data folder as the platform has it. */
  readonly folder?: string | undefined
  /**
   * Else KEYWRIGHT_PASSPHRASE_FILE or KEYWRIGHT_PASSPHRASE. With one, a key file that has none is refused; `false`
   * says that this key has none, whatever the environment holds.
   */
  readonly passphrase?: PassphraseSource | undefined
  /** Whether a key that does not exist is made on first use. Default: `key-not-found`. */
  readonly create?: boolean | undefined
}

/**
 * The embedded key manager: a KEK in a file of the user's own. Wraps with XAES-256-GCM (c2sp.org/XAES-256-GCM) and
 * binds the context's digest; a passphrase guards the file by scrypt (RFC 7914).
 *
 * Making a KEK throws `configuration` for a bad name. Using it throws, besides what every KEK throws: `key-not-found`
 * (with the command that makes the key), `key-disabled`, `key-destroyed`, `key-version-retired`, `unwrap-failed`,
 * `unauthenticated` (passphrase), `access-denied`, `unavailable`, and `configuration` for a file that others can read,
 * that is damaged, or that lies where it should not.
 */
export const local: Provider<LocalOptions> = provider<LocalOptions>({
  scheme: 'local',
  parseUri: ({ reference }) => ({ key: checkKeyName(reference) }),
  describeOptions: ({ key }) => checkKeyName(key),
  connect: async (options, { signal }) => {
    const { key, folder, create } = options
    const location = await locateKey(key, folder)
    const live = new LiveKey(location, choosePassphrase(options.passphrase))
    try {
      await live.reload()
    } catch (error) {
      if (create !== true || !isKeywrightError(error, 'key-not-found')) throw error
      await makeUnlessThere({ ...options, signal })
      await live.reload()
    }
    return localDriver(location.name, live)
  },
  // Everything that is thrown here is an error of ours already, with what to do in its message.
  classify: () => ({ code: 'unknown' }),
})

async function makeUnlessThere(
  request: LocalOptions & { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  try {
    await writeNewKey(request, undefined)
  } catch (error) {
    // Another process was faster; its key is as good.
    if (!isKeywrightError(error, 'storage-exists')) throw error
  }
}
