/** What a package with a provider needs, without what seals and opens: a provider alone is imported in half the time. */
export { secretBytes, secretCopy } from './crypto/secret-bytes.ts'
export type { ErrorCode } from './errors.ts'
export { isKeywrightError, KeywrightError } from './errors.ts'
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
