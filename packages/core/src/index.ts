export type { ErrorCode, ErrorDetails, KeyOperation, RetryClass, SlotFailure } from './errors.ts'
export { isKeywrightError, KeywrightError } from './errors.ts'
export { limits } from './limits.ts'
export type {
  Capabilities,
  Kek,
  KekDriver,
  KeyContext,
  KeyDescription,
  Provider,
  ProviderDefinition,
} from './provider/contract.ts'
export type { KeyUri } from './provider/key-uri.ts'
export { formatKeyUri, parseKeyUri } from './provider/key-uri.ts'
export { provider } from './provider/provider.ts'
