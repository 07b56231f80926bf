// Brings a TPM into one situation, by its name, and prints what came of it. Started with the environment of the backend:
// one process for each, at whose end the TPM has room for another key.
import { TokenAdmin } from '../../conformance/token-admin.ts'
import { situations } from '../return-codes.ts'
import { observe } from '../situation.ts'

const pin = 'swtpm-user-pin'
const admin = new TokenAdmin({ module: process.env['KEYWRIGHT_SWTPM_MODULE'] ?? '', pin, label: 'keywright' })
const wanted = situations.findIndex(({ situation }) => situation === process.argv[2])
const row = situations[wanted]
if (row === undefined) throw new Error('There is no such situation.')
console.log(JSON.stringify(await observe(row, admin, pin, `d${wanted}`)))
admin.client.C_Finalize()
