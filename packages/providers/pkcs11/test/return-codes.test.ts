import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { nssToken } from '../conformance/nss-token.ts'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { observe, situations } from './return-codes.ts'

const softhsm = await startBackend('softhsm')
const nss = await startBackend('nss')

describe.runIf(softhsm !== undefined)('what SoftHSM answers, and what a caller is told', async () => {
  if (softhsm === undefined) return
  const { admin, pin } = await softHsmToken(softhsm)
  test.each(situations.map((row, index) => ({ ...row, index })))('$situation', async ({ index, ...row }) => {
    expect(await observe(row, admin, pin, `a${index}`)).toEqual(row.answers.softhsm)
  })
})

describe.runIf(nss !== undefined)('what NSS answers, and what a caller is told', async () => {
  if (nss === undefined) return
  const { admin, pin } = await nssToken(nss)
  test.each(situations.map((row, index) => ({ ...row, index })))('$situation', async ({ index, ...row }) => {
    expect(await observe(row, admin, pin, `b${index}`)).toEqual(row.answers.nss)
  })
})
