// Runs the suite against two RSA keys of a TPM, and prints what became of each case. Started with the environment of the
// backend. Both keys are made once: a TPM takes seconds for one.
import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { TokenAdmin } from '../../conformance/token-admin.ts'
import { pkcs11 } from '../../src/index.ts'

const pin = 'swtpm-user-pin'
const modulePath = process.env['KEYWRIGHT_SWTPM_MODULE'] ?? ''
const open = (): TokenAdmin => new TokenAdmin({ module: modulePath, pin, label: 'keywright' })
let admin = open()
for (const [index, key] of ['first', 'second'].entries()) {
  admin.createRsa(key, `0${index + 1}`)
  // A TPM has room for three objects: one of them is the parent of the others.
  admin.client.C_Finalize()
  admin = open()
}
const reach = { token: admin.label, modulePath, pin, type: 'private', worker: 'never' } as const
const kek = (key: string) => () =>
  pkcs11({ ...reach, key, sessions: 1, closeWithinMs: 50, unprotectedKey: 'allow' })
const harness: ConformanceHarness = {
  provider: 'pkcs11',
  backend: 'swtpm 0.7, RSA-OAEP-256',
  fromUri: pkcs11.fromUri,
  prepare: async () => ({
    first: kek('first'),
    second: kek('second'),
    missing: kek('missing'),
    secrets: [pin],
  }),
}

/** Each opens under both keys, of which a TPM without a resource manager has room for one. */
const needTwo: ReadonlySet<string> = new Set([
  'wrong-key.other-material',
  'envelope.rewrap-and-back',
  'envelope.rewrap-drops-old',
  'envelope.pending-rewrap',
])

for (const { id, run } of defineConformance(harness)) {
  let reason = ''
  const skip = (why = ''): void => {
    reason = why
  }
  const running = needTwo.has(id)
    ? Promise.resolve(skip('a TPM has room for one private key'))
    : run({ skip })
  const result = await running.then(
    () => (reason === '' ? 'pass' : 'skip'),
    (error: unknown) => {
      reason = error instanceof Error ? error.message : ''
      return 'fail'
    },
  )
  console.log(JSON.stringify({ id, result, reason }))
}
admin.client.C_Finalize()
