/** One keyring as a config file names it: key URIs in place of keys. */
export interface KeyringConfig {
  readonly seal?: readonly string[]
  readonly open?: readonly string[]
  readonly groups?: readonly (readonly string[])[]
  readonly threshold?: number
  readonly minThreshold?: number
  readonly acceptPublicKeyWrap?: boolean
  readonly bindWithheldNatively?: boolean
  /** What to do when one of several keys cannot wrap. */
  readonly onSealFailure?: 'fail' | 'proceed'
  /** Whom to ask beside a key that takes too long; absent: one after the other. */
  readonly hedge?: {
    readonly afterMs?: number
    readonly againAfterMs?: number
  }
  /** Path of the key that conceals names, relative to the file's folder. */
  readonly concealKeyFile?: string
  readonly cache?: {
    readonly maxAgeMs?: number
    readonly maxMessages?: number
    readonly maxBytes?: number
    readonly maxEntries?: number
  }
}

/** A config file, read and checked. */
export interface ConfigFile {
  /** Absolute path. */
  readonly path: string
  readonly keyrings: Readonly<Record<string, KeyringConfig>>
  /** Modules by URI scheme; paths in them are relative to the file's folder. */
  readonly providers: Readonly<Record<string, string>>
}

/** The name that is looked for, from the current folder upwards. */
export const configFileName = 'keywright.config.json'

/** The published JSON Schema of config files, inside this package. */
export const schemaPath = 'schema/keywright.config.schema.json'
