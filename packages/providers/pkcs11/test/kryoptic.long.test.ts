import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { describe, expect, test } from 'vitest'
import { kryopticHarness, kryopticToken } from '../conformance/harness-kryoptic.ts'
import { situations } from './return-codes.ts'
import { observe, rowsOf } from './situation.ts'

const kryoptic = await startBackend('kryoptic')

describe.runIf(kryoptic !== undefined)('on Kryoptic', async () => {
  if (kryoptic === undefined) return
  for (const algorithm of ['aes-gcm', 'aes-kwp'] as const) {
    const cases = defineConformance(kryopticHarness(algorithm, kryoptic))
    for (const { title, run } of cases) test(`${algorithm}: ${title}`, run)
  }
  const { admin } = await kryopticToken(kryoptic)
  test.each(rowsOf('kryoptic', situations))('$situation', async ({ index, answer, ...row }) => {
    expect(await observe(row, admin, 'kryoptic-user-pin', `c${index}`)).toEqual(answer)
  })
})
