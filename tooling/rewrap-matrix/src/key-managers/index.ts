export type { KeyManager, ManagedKey } from './key-manager.ts'
export { keyManagerStarts, otherServerStarts } from './start-key-manager.ts'
