// Uses a KEK and does not close it; the process has to end all the same.
import { vaultTransit } from '../src/index.ts'

await vaultTransit({ key: 'aead' }).connect()
console.log('connected')
