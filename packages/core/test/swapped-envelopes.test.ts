import { describe, expect, test } from 'vitest'
import { keyring, open } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { allLayouts, sealAs } from './three-layouts.ts'

for (const layout of allLayouts) {
  describe(layout, () => {
    test('an envelope of another tenant is a context mismatch, without a call', async () => {
      const control = memoryControl()
      const keys = keyring({ seal: [memoryKek({ name: 'one', control })] })
      const ofB = await sealAs(layout, 'b', { keys, context: { tenant: 'b' }, associatedData: 'row' })
      expect(await codeOf(open(ofB, { keys, context: { tenant: 'a' }, associatedData: 'row' }))).toBe(
        'context-mismatch',
      )
      expect(control.calls.unwrapKey).toBe(0)
    })

    test('an envelope of another row does not authenticate', async () => {
      const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
      const at = { keys, context: { tenant: 'a' } }
      const ofTwo = await sealAs(layout, 'two', { ...at, associatedData: 'orders/2' })
      expect(await codeOf(open(ofTwo, { ...at, associatedData: 'orders/1' }))).toBe('authentication-failed')
    })

    test('an envelope of another row of one cached DEK does not authenticate', async () => {
      const keys = keyring({ seal: [memoryKek({ name: 'one' })], cache: {} })
      const at = { keys, context: { tenant: 'a' } }
      const ofTwo = await sealAs(layout, 'two', { ...at, associatedData: 'orders/2' })
      await open(ofTwo, { ...at, associatedData: 'orders/2' })
      expect(await codeOf(open(ofTwo, { ...at, associatedData: 'orders/1' }))).toBe('authentication-failed')
    })

    // KW-KEY-3
    test('the body of another envelope does not authenticate under a header', async () => {
      const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
      const [one, two] = [await sealAs(layout, 'one', { keys }), await sealAs(layout, 'two', { keys })]
      const spliced =
        one instanceof Uint8Array && two instanceof Uint8Array
          ? Buffer.concat([one.subarray(0, -75), two.subarray(-75)])
          : { header: (one as { header: Uint8Array }).header, body: (two as { body: Uint8Array }).body }
      expect(await outcomeOf(open(spliced, { keys }))).toBe('authentication-failed')
    })

    test('a reader that states no context opens only what was sealed for none', async () => {
      const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
      const bound = await sealAs(layout, 'x', { keys, context: { tenant: 'a' } })
      expect(await codeOf(open(bound, { keys }))).toBe('context-mismatch')
    })
  })
}

test('one name or value more or less is a context mismatch', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await sealAs('compact', 'x', { keys, context: { a: '', b: 'c' } })
  const others: readonly Record<string, string>[] = [
    {},
    { a: '' },
    { b: 'c' },
    { a: '', b: '' },
    { a: '', b: 'c', d: '' },
    { a: '', b: 'C' },
    { A: '', b: 'c' },
  ]
  for (const context of others) expect(await codeOf(open(sealed, { keys, context }))).toBe('context-mismatch')
})

// KW-CTX-8
test('the stored context is accepted where the caller asks for that by name', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await sealAs('compact', 'x', { keys, context: { tenant: 'b' } })
  expect(await outcomeOf(open(sealed, { keys, trustStoredContext: true }))).toBe('ok')
  expect(await codeOf(open(sealed, { keys, context: { tenant: 'b' }, trustStoredContext: true }))).toBe(
    'invalid-argument',
  )
})
