export type { KeyManager, ManagedKey } from './key-manager.ts'
export { keyManagerStarts } from './start-key-manager.ts'
