// Wraps and unwraps, has it refused, and prints all that the errors of the KEK, of node-vault and of the transport reach.
import process from 'node:process'
import { inspect } from 'node:util'
import { keyContext } from '@keywright/conformance'
import nodeVault from 'node-vault'
import { vaultHttp } from '../src/client/vault-http.ts'
import { vaultTransit } from '../src/index.ts'

const { VAULT_ADDR: address = '', VAULT_TOKEN: token = '', DATA_KEY: planted = '' } = process.env
const dataKey = new Uint8Array(Buffer.from(planted, 'base64'))
const context = keyContext({ tenant: 'a' })
const shown: unknown[] = []

async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    shown.push(error)
  }
}

const kek = vaultTransit({ key: 'aead', address, resilience: false })
await attempt(async () => {
  const { reference } = await kek.connect()
  const { keyVersion = '', ...slot } = await kek.wrapKey({ dataKey, context })
  await kek.unwrapKey({ ...slot, keyVersion, reference, context })
  await kek.unwrapKey({ ...slot, keyVersion, reference, context: keyContext({ tenant: 'b' }) })
})
await attempt(() => vaultTransit({ key: 'missing', address, resilience: false }).connect())

const http = vaultHttp(address, {})
const injected = {
  'request-promise': { defaults: () => http.send },
  debug: () => {},
  endpoint: address,
  token,
}
const client = nodeVault(injected)
await attempt(() => client.write('transit/encrypt/missing', { plaintext: planted, associated_data: '%' }))
await attempt(() => client.write('nowhere/encrypt/aead', { plaintext: planted }))

/** Every value that a value leads to, hidden and symbolic properties and prototypes included. */
function reachable(value: unknown, seen: Set<unknown> = new Set()): Set<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value))
    return seen.add(value)
  seen.add(value)
  for (const name of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, name)
    if (property !== undefined && 'value' in property) reachable(property.value, seen)
  }
  return seen
}

for (const error of shown) {
  console.log(inspect(error, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null }))
  console.log(JSON.stringify(error))
  for (const value of reachable(error)) {
    if (typeof value === 'string') console.log(value)
    if (value instanceof Uint8Array)
      console.log(Buffer.from(value).toString('base64'), Buffer.from(value).toString('latin1'))
  }
}
console.log(inspect(kek, { depth: 20, showHidden: true }))
await kek.close()
http.close()
console.log('work done')
