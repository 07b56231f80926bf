import { expect, test } from 'vitest'
import { decodeHeader } from '../src/format/header.ts'
import {
  fromText,
  inspect,
  keyring,
  open,
  reseal,
  rewrap,
  seal,
  sealDetached,
  toText,
  verify,
  verifyHeader,
} from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { flipBit, sealPaged, textOf } from './three-layouts.ts'

const context = { tenant: 'a', table: 'orders' }

test('a reseal has a new DEK, a new salt and the same meaning', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const at = { keys, context, associatedData: 'row' }
  const sealed = await seal('secret', { ...at, withhold: ['tenant'] })
  const again = await reseal(sealed, at)
  const [before, after] = [decodeHeader(sealed), decodeHeader(again)]
  expect(after.header.preamble).toEqual(before.header.preamble)
  expect(after.header.keyCheck).not.toEqual(before.header.keyCheck)
  expect(again.subarray(after.length, after.length + 24)).not.toEqual(
    sealed.subarray(before.length, before.length + 24),
  )
  expect(textOf(await open(again, at))).toBe('secret')
})

test('a reseal hands a record to other keys and another place', async () => {
  const [mine, theirs] = ['mine', 'theirs'].map((name) => keyring({ seal: [memoryKek({ name })] }))
  if (mine === undefined || theirs === undefined) throw new Error('two keyrings')
  const sealed = await sealDetached('secret', { keys: mine, associatedData: 'row 1' })
  const handed = await reseal(sealed, {
    keys: mine,
    to: theirs,
    associatedData: 'row 1',
    newAssociatedData: 'row 9',
  })
  expect(textOf(await open(handed, { keys: theirs, associatedData: 'row 9' }))).toBe('secret')
  expect(await codeOf(open(handed, { keys: mine, associatedData: 'row 9' }))).toBe('no-matching-key')
})

test('what does not open is not resealed', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await seal('secret', { keys, context })
  expect(await codeOf(reseal(sealed, { keys }))).toBe('context-mismatch')
  expect(await codeOf(reseal(flipBit(sealed, sealed.length - 1, 0), { keys, context }))).toBe(
    'authentication-failed',
  )
})

test('a verification reads the whole body and says what it accepted', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await seal('secret', { keys, context, associatedData: 'row' })
  expect(await verify(sealed, { keys, context, associatedData: 'row' })).toEqual({
    level: 'body',
    context,
    trustedStoredContext: false,
    slots: [],
    plaintextBytes: 6,
  })
  expect(await verify(sealed, { keys, associatedData: 'row' })).toMatchObject({ trustedStoredContext: true })
  expect(await codeOf(verify(sealed, { keys }))).toBe('authentication-failed')
  expect(await codeOf(verify(sealed, { keys, context: {}, associatedData: 'row' }))).toBe('context-mismatch')
  expect(await codeOf(verify(flipBit(sealed, sealed.length - 1, 3), { keys, associatedData: 'row' }))).toBe(
    'authentication-failed',
  )
})

test('a verification of the header names every slot of a configured KEK with what it answered', async () => {
  const control = memoryControl()
  const [one, two] = [memoryKek({ name: 'one' }), memoryKek({ name: 'two', control })]
  const sealed = await seal('secret', { keys: keyring({ seal: [one, two] }) })
  control.before = () => {
    throw new Error('refused')
  }
  const { level, slots } = await verifyHeader(sealed, { keys: keyring({ open: [one, two] }) })
  expect(level).toBe('header')
  expect(slots.map(({ key, result }) => [key, result])).toEqual([
    ['memory://one', 'verified'],
    ['memory://two', 'unwrap-failed'],
  ])
})

test('a verification of the header does not see the body', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await seal('secret', { keys })
  expect(await outcomeOf(verifyHeader(flipBit(sealed, sealed.length - 1, 0), { keys }))).toBe('ok')
})

test('inspection needs no key, and tells the size of the plaintext', async () => {
  const control = memoryControl()
  const keys = keyring({ seal: [memoryKek({ name: 'one', control })] })
  const sealed = await seal('secret', { keys, context, withhold: ['tenant'] })
  const { length } = decodeHeader(sealed)
  expect(await inspect(sealed)).toMatchObject({
    layout: 'compact',
    context: { table: 'orders' },
    withheldNames: ['tenant'],
    dekUse: 'single',
    threshold: 1,
    headerBytes: length,
    plaintextBytes: 6,
    groups: [
      {
        index: 0,
        slots: [
          {
            key: 'memory://one',
            kind: 'plain',
            keyVersion: '',
            algorithm: 'memory.aes-256-gcm',
            wrapAuthenticity: 'unknown',
            wrappedBytes: 60,
          },
        ],
      },
    ],
  })
  expect(control.calls.unwrapKey).toBe(0)
})

test('inspection of a paged envelope tells its generation, and an unfinished rewrap', async () => {
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new' })]
  const sealed = await sealPaged('secret', { keys: keyring({ seal: [from] }) })
  expect((await inspect(sealed)).pages).toEqual({ generation: 1, unfinished: false, blockBytes: 4096 })
  const { header } = await rewrap(sealed, { from, to })
  const half = new Uint8Array(sealed)
  half.set(header.subarray(8192, 12_288), 8192)
  expect((await inspect(half)).pages).toEqual({ generation: 2, unfinished: true, blockBytes: 4096 })
})

test('the page of the higher generation counts, whichever it is', async () => {
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new' })]
  const sealed = await sealPaged('secret', { keys: keyring({ seal: [from] }) })
  const { header } = await rewrap(sealed, { from, to })
  for (const page of [4096, 8192]) {
    const half = new Uint8Array(sealed)
    half.set(header.subarray(page, page + 4096), page)
    expect(await outcomeOf(open(half, { keys: keyring({ open: [to] }) }))).toBe('ok')
    expect(await outcomeOf(open(half, { keys: keyring({ open: [from] }) }))).toBe('no-matching-key')
  }
})

test('a concealed slot is shown as one', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })], concealKey: new Uint8Array(32).fill(1) })
  const [slot] = (await inspect(await seal('x', { keys }))).groups[0]?.slots ?? []
  expect([slot?.key, slot?.kind]).toEqual([undefined, 'concealed'])
})

test('the text form is one spelling of the bytes, and no other is taken', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const sealed = await seal('secret', { keys })
  const text = toText(sealed)
  expect(fromText(text)).toEqual(sealed)
  for (const other of [` ${text}`, `${text}=`, `${text} `, text.slice(4), `KW1:${text.slice(4)}`]) {
    expect(await codeOf(() => fromText(other))).toBe('malformed-envelope')
  }
  expect(await codeOf(async () => toText(await sealPaged('x', { keys })))).toBe('malformed-envelope')
})
