import { expect, test } from 'vitest'
import { newEnough } from '../src/go-toolchain.ts'

test.each(['1.25.3', '1.25.10', '1.26', '1.26.8', '2.0'])('Go %s builds the servers', (version) => {
  expect(newEnough(version)).toBe(true)
})

test.each([undefined, '1.19.8', '1.25.2', '1.9.9'])('Go %s does not', (version) => {
  expect(newEnough(version)).toBe(false)
})
