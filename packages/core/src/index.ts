export type { RangeReader } from './body/range.ts'
export type { RangeSource } from './body/range-source.ts'
export type { CacheOptions } from './cache/dek-cache.ts'
export type { ErrorCode } from './errors.ts'
export { isKeywrightError, KeywrightError } from './errors.ts'
export type { AssociatedData } from './format/associated-data.ts'
export type { EncryptionContext } from './format/context.ts'
export { fromText, toText } from './format/text-form.ts'
export { type Keyring, keyring } from './keyring/keyring.ts'
export type { KeyringOptions } from './keyring/policy.ts'
export { limits } from './limits.ts'
export { type Inspection, inspect } from './operations/inspect.ts'
export { proveLockOut } from './operations/lock-out.ts'
export { type Envelope, open } from './operations/open.ts'
export { openRange } from './operations/open-range.ts'
export type { OpenOptions } from './operations/open-session.ts'
export { openStream } from './operations/open-stream.ts'
export type { RewrapReceipt } from './operations/receipt.ts'
export { type ResealOptions, reseal } from './operations/reseal.ts'
export { type RewrapOptions, rewrap } from './operations/rewrap.ts'
export { seal, sealDetached } from './operations/seal.ts'
export type { SealOptions } from './operations/seal-session.ts'
export { sealedSize, sealStream } from './operations/seal-stream.ts'
export { type VerifyReport, verify, verifyHeader } from './operations/verify.ts'
export type {
  Capabilities,
  Kek,
  KekDriver,
  KeyContext,
  KeyDescription,
  Provider,
  ProviderDefinition,
} from './provider/contract.ts'
export { formatKeyUri, parseKeyUri } from './provider/key-uri.ts'
export { provider } from './provider/provider.ts'
