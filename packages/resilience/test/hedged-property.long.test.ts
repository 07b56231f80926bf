import { test } from 'vitest'
import { checkHedging } from './hedged-property.ts'

test('an open succeeds exactly if enough KEKs can, three thousand times', () => checkHedging(3_000))
