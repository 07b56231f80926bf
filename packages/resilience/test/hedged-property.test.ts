import { test } from 'vitest'
import { checkHedging } from './hedged-property.ts'

test('an open succeeds exactly if enough KEKs can, with no more calls than slots, and leaves nothing', () =>
  checkHedging(300))
