import { expect, test } from 'vitest'
import { Faults } from '../src/index.ts'

const decrypt = { operation: 'Decrypt', key: 'k' }

test('a fault with a number of times ends after as many calls', () => {
  const faults = new Faults()
  faults.add({ fault: { kind: 'stall' }, times: 2 })
  const kinds = [1, 2, 3].map(() => faults.take(decrypt).fault?.kind)
  expect(kinds).toEqual(['stall', 'stall', undefined])
})

test('a fault concerns only the operations and the key that it names, and others do not use it up', () => {
  const faults = new Faults()
  faults.add({ fault: { kind: 'deny' }, operations: ['Encrypt'], key: 'k', times: 1 })
  expect(faults.take(decrypt).fault).toBeUndefined()
  expect(faults.take({ operation: 'Encrypt', key: 'other' }).fault).toBeUndefined()
  expect(faults.take({ operation: 'Encrypt', key: 'k' }).fault?.kind).toBe('deny')
})

test('delays add up and leave the other fault in force', () => {
  const faults = new Faults()
  faults.add({ fault: { kind: 'latency', milliseconds: 5 } })
  faults.add({ fault: { kind: 'latency', milliseconds: 7 } })
  faults.add({ fault: { kind: 'garbage' } })
  expect(faults.take(decrypt)).toEqual({ delayMs: 12, fault: { kind: 'garbage' } })
})

test('of two faults the older one wins, and the other is not used up', () => {
  const faults = new Faults()
  const remove = faults.add({ fault: { kind: 'reset' } })
  faults.add({ fault: { kind: 'deny' }, times: 1 })
  expect(faults.take(decrypt).fault?.kind).toBe('reset')
  remove()
  expect(faults.take(decrypt).fault?.kind).toBe('deny')
})
