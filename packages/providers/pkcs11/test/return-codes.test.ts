import { readFileSync, renameSync } from 'node:fs'
import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { nssToken } from '../conformance/nss-token.ts'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import { situations } from './return-codes.ts'
import { observe, rowsOf } from './situation.ts'

const softhsm = await startBackend('softhsm')
const nss = await startBackend('nss')

describe.runIf(softhsm !== undefined)('what SoftHSM answers, and what a caller is told', async () => {
  if (softhsm === undefined) return
  const { admin, pin } = await softHsmToken(softhsm)
  const configuration = readFileSync(softhsm.environment['SOFTHSM2_CONF'] ?? '', 'utf8')
  const tokens = /tokendir = (.*)/.exec(configuration)?.[1] ?? ''
  const takeAway = (): (() => void) => {
    renameSync(tokens, `${tokens}-away`)
    return () => {
      renameSync(`${tokens}-away`, tokens)
      // It is the administrator who initialised the module: nobody else starts it anew.
      admin.client.C_Finalize()
      admin.client.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK })
      admin.reopen()
    }
  }
  test.each(rowsOf('softhsm', situations))('$situation', async ({ index, answer, ...row }) => {
    expect(await observe(row, admin, pin, `a${index}`, takeAway)).toEqual(answer)
  })
})

describe.runIf(nss !== undefined)('what NSS answers, and what a caller is told', async () => {
  if (nss === undefined) return
  const { admin, pin } = await nssToken(nss)
  test.each(rowsOf('nss', situations))('$situation', async ({ index, answer, ...row }) => {
    expect(await observe(row, admin, pin, `b${index}`)).toEqual(answer)
  })
})
