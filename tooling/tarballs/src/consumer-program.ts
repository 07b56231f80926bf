/** What a consumer writes in its first hour, in TypeScript. It prints `opened 4111` when all is well. */
export const consumerProgram: string = `
import { isKeywrightError, keyring, type Keyring, open, seal } from '@keywright/core'
import { threads } from '@keywright/core/threads'
import { awsKms } from '@keywright/aws-kms'
import { azureKeyVault } from '@keywright/azure-key-vault'
import { gcpKms } from '@keywright/gcp-kms'
import { local } from '@keywright/local'
import { pkcs11 } from '@keywright/pkcs11'
import { vaultTransit } from '@keywright/vault-transit'
import { sealFile } from '@keywright/files'

const keys: Keyring = keyring({ seal: [local({ key: 'consumer', create: true })], cache: { maxAgeMs: 1000 } })
const pool = threads({ workers: 1 })
const sealed: Uint8Array = await seal('4111', { keys, context: { tenant: 'a' }, threads: pool })
const refused = await open(sealed, { keys, context: { tenant: 'b' } }).catch((error: unknown) => error)
if (!isKeywrightError(refused, 'context-mismatch')) throw new Error('another tenant was let in')
const plain = await open(sealed, { keys, context: { tenant: 'a' } })
console.log('opened ' + new TextDecoder().decode(plain))
const uris: readonly string[] = [
  awsKms.fromUri('aws-kms://alias/orders').uri,
  azureKeyVault.fromUri('azure-key-vault://orders.vault.azure.net/keys/orders').uri,
  gcpKms.fromUri('gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/orders').uri,
  vaultTransit.fromUri('vault-transit://vault.example/transit/keys/orders').uri,
  pkcs11.fromUri('pkcs11:token=t;object=orders').uri,
]
if (uris.length !== 5) throw new Error('no providers')
if (typeof sealFile !== 'function') throw new Error('no files')
await pool.close()
await keys.close()
`
