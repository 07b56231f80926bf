import { KeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { hintOf } from '../src/terminal/hints.ts'

test.each([
  ['allowSharedDek', '--allow-shared-dek'],
  ['acceptPublicKeyWrap', '--accept-public-key-wrap'],
  ['threshold', 'minThreshold'],
])('what a policy refused for %s names %s', (field, named) => {
  expect(hintOf(new KeywrightError('policy-mismatch', 'refused', { field }))).toContain(named)
})
