import { expect, test } from 'vitest'
import { fuzz, fuzzSeconds, targets } from './decoder-fuzz.ts'

const seconds = fuzzSeconds(4)

for (const target of targets) {
  test(`${target.name}: hostile input ends in a documented code, or decodes to its own encoding`, async () => {
    expect(await fuzz(target, seconds)).toBeGreaterThan(0)
  }, 60_000)
}
