import { test } from 'vitest'
import { checkHedging } from './hedged-property.ts'

test('an open succeeds exactly if enough KEKs can, twenty thousand times', () => checkHedging(20_000))
