import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { describe, expect, test } from 'vitest'
import { kryopticHarness, kryopticToken } from '../conformance/harness-kryoptic.ts'
import { observe, situations } from './return-codes.ts'

const kryoptic = await startBackend('kryoptic')

describe.runIf(kryoptic !== undefined)('on Kryoptic', async () => {
  if (kryoptic === undefined) return
  for (const algorithm of ['aes-gcm', 'aes-kwp'] as const) {
    const cases = defineConformance(kryopticHarness(algorithm, kryoptic))
    for (const { title, run } of cases) test(`${algorithm}: ${title}`, run)
  }
  const { admin } = await kryopticToken(kryoptic)
  test.each(situations.map((row, index) => ({ ...row, index })))('$situation', async ({ index, ...row }) => {
    expect(await observe(row, admin, 'kryoptic-user-pin', `c${index}`)).toEqual(row.answers.kryoptic)
  })
})
