import { isKeywrightError, keyring } from '@keywright/core'
import { expect, test } from 'vitest'
import { plaintext } from '../src/matrix/subject.ts'
import { schemes } from '../src/matrix/variation.ts'
import { kekOf, newVersionTests, sealedUnder } from './new-version-tests.ts'
import { started } from './started.ts'

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (isKeywrightError(error) ? error.code : 'foreign'),
  )

const everyday = await started()
const { has, newKey } = everyday
const present = schemes.filter(has)

// Both layouts, each with every second key manager; new-version.ci.test.ts has the other halves.
newVersionTests(
  everyday,
  present.map((scheme, at) => [scheme, at % 2 === 0 ? 'compact' : 'file'] as const),
)

test.each(present.map((scheme) => [scheme] as const))(
  '%s: where the old version can be disabled alone, what was not rewrapped opens no more',
  async (scheme) => {
    const key = await newKey(scheme)
    const kek = kekOf(key)
    const subject = await sealedUnder(kek, 'compact')
    await key.newVersion()
    await key.disableFirstVersion?.()
    const opening = subject.open(keyring({ open: [kekOf(key)] }))
    if (key.disableFirstVersion === undefined) expect(await opening).toBe(plaintext)
    else expect(['key-version-retired', 'key-disabled', 'access-denied']).toContain(await codeOf(opening))
  },
)
