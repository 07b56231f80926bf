export type { KeyManager, ManagedKey } from './key-manager.ts'
export { keyManagerStarts, kindStarts, otherServerStarts } from './start-key-manager.ts'
