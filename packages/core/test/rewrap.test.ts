import { expect, test } from 'vitest'
import { blockBytes, decodeHeader } from '../src/format/header.ts'
import { decodePagedHeader } from '../src/format/paged.ts'
import { type Kek, keyring, open, rewrap, seal, sealDetached } from '../src/index.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, errorOf, outcomeOf } from './outcome.ts'
import { sealPaged, textOf } from './three-layouts.ts'
import { versionedKek } from './versioned-kek.ts'

interface Two {
  readonly from: Kek
  readonly to: Kek
  readonly fromControl: MemoryKekControl
  readonly toControl: MemoryKekControl
}

function two(): Two {
  const [fromControl, toControl] = [memoryControl(), memoryControl()]
  const from = memoryKek({ name: 'old', control: fromControl })
  return { from, to: memoryKek({ name: 'new', control: toControl }), fromControl, toControl }
}

async function opensWith(envelope: Uint8Array, kek: Kek, context = {}): Promise<string> {
  return outcomeOf(open(envelope, { keys: keyring({ open: [kek] }), context }))
}

// KW-REW-1, KW-REW-2
test('a rewrap replaces the slot, verifies the new one, and leaves everything else byte for byte', async () => {
  const { from, to, toControl } = two()
  const sealed = await seal('secret', { keys: keyring({ seal: [from] }) })
  const { envelope = new Uint8Array(0), header, receipt } = await rewrap(sealed, { from, to })
  expect([await opensWith(envelope, to), await opensWith(envelope, from)]).toEqual(['ok', 'no-matching-key'])
  expect(toControl.calls.unwrapKey).toBe(2)
  expect(receipt).toMatchObject({
    outcome: 'verified',
    checked: 'commitment',
    dekUse: 'single',
    lockOut: 'not-tried',
  })
  expect([receipt.added, receipt.dropped, receipt.kept].map((slots) => slots.map(({ key }) => key))).toEqual([
    ['memory://new'],
    ['memory://old'],
    [],
  ])
  const [before, after] = [decodeHeader(sealed), decodeHeader(envelope)]
  expect(after.header.preambleBytes).toEqual(before.header.preambleBytes)
  expect(after.header.keyCheck).toEqual(before.header.keyCheck)
  expect(envelope.subarray(after.length)).toEqual(sealed.subarray(before.length))
  expect(header).toEqual(envelope.subarray(0, after.length))
})

test('the receipt holds what the old KEK is to be asked with', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const wrapped = decodeHeader(sealed).header.keyTable.groups[0]?.slots[0]?.wrapped ?? new Uint8Array(0)
  const { receipt } = await rewrap(sealed, { from, to })
  expect(receipt.dropped[0]?.wrapped).toBe(Buffer.from(wrapped).toString('base64'))
})

// KW-REW-4
test('a header alone is rewrapped and checked as far as a header goes', async () => {
  const { from, to } = two()
  const { header, body } = await sealDetached('x', { keys: keyring({ seal: [from] }) })
  const result = await rewrap(header, { from, to })
  expect([result.receipt.checked, result.envelope]).toEqual(['key-check', undefined])
  const keys = keyring({ open: [to] })
  expect(textOf(await open({ header: result.header, body }, { keys }))).toBe('x')
})

// KW-REW-4
test('a header with its body is checked to the commitment', async () => {
  const { from, to } = two()
  const parts = await sealDetached('x', { keys: keyring({ seal: [from] }), associatedData: 'row' })
  const { receipt } = await rewrap(parts, { from, to, associatedData: 'row' })
  expect(receipt.checked).toBe('commitment')
})

// KW-REW-4
test('a body that does not belong to the header ends the rewrap', async () => {
  const { from, to } = two()
  const keys = keyring({ seal: [from] })
  const [one, other] = [await sealDetached('x', { keys }), await sealDetached('y', { keys })]
  expect(await codeOf(rewrap({ header: one.header, body: other.body }, { from, to }))).toBe(
    'authentication-failed',
  )
  expect(await codeOf(rewrap({ ...one, body: one.body.subarray(0, 55) }, { from, to }))).toBe('truncated')
})

test('without its associated data a body is left out of the check only where the caller says so', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }), associatedData: 'row' })
  expect(await codeOf(rewrap(sealed, { from, to }))).toBe('authentication-failed')
  const { receipt } = await rewrap(sealed, { from, to, checkBody: false })
  expect(receipt.checked).toBe('key-check')
})

test('adding keeps the old slot, and removing drops it after the other was verified', async () => {
  const { from, to, toControl } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const added = await rewrap(sealed, { from, to, step: 'add' })
  expect(added.receipt.kept.map(({ key }) => key)).toEqual(['memory://old'])
  const both = added.envelope ?? new Uint8Array(0)
  expect([await opensWith(both, from), await opensWith(both, to)]).toEqual(['ok', 'ok'])
  const asked = toControl.calls.unwrapKey
  const removed = await rewrap(both, { from, to, step: 'remove' })
  expect(toControl.calls.unwrapKey).toBe(asked + 1)
  expect(removed.receipt).toMatchObject({ outcome: 'verified', added: [] })
  expect(await opensWith(removed.envelope ?? sealed, from)).toBe('no-matching-key')
})

test('nothing is removed for a slot that is not there, or that does not open', async () => {
  const { from, to, toControl } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  expect(await codeOf(rewrap(sealed, { from, to, step: 'remove' }))).toBe('no-matching-key')
  const { envelope = sealed } = await rewrap(sealed, { from, to, step: 'add' })
  toControl.before = () => {
    throw new Error('refused')
  }
  expect(await codeOf(rewrap(envelope, { from, to, step: 'remove' }))).toBe('unwrap-failed')
})

test('a slot that is there already is verified before the old one goes, and not wrapped again', async () => {
  const { from, to, toControl } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from, to] }) })
  const { envelope = sealed, receipt } = await rewrap(sealed, { from, to })
  expect([receipt.outcome, receipt.added.length, toControl.calls.wrapKey]).toEqual(['verified', 0, 1])
  expect(toControl.calls.unwrapKey).toBe(1)
  expect(await opensWith(envelope, to)).toBe('ok')
})

test('a slot of the current version is left as it is', async () => {
  const { kek, control } = versionedKek('one')
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  const { header, envelope, receipt } = await rewrap(sealed, { from: kek, to: kek })
  expect([receipt.outcome, receipt.checked]).toEqual(['unchanged', 'none'])
  expect(envelope).toEqual(sealed)
  expect(header.length).toBeLessThan(sealed.length)
  expect([control.calls.wrapKey, control.calls.unwrapKey]).toEqual([1, 0])
})

test('a rotated KEK is rewrapped to its new version', async () => {
  const { kek, rotate } = versionedKek('one')
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  rotate()
  const { envelope = sealed, receipt } = await rewrap(sealed, { from: kek, to: kek })
  expect(receipt.outcome).toBe('verified')
  expect([receipt.dropped, receipt.added].map((slots) => slots.map(({ keyVersion }) => keyVersion))).toEqual([
    ['1'],
    ['2'],
  ])
  expect(await opensWith(envelope, kek)).toBe('ok')
})

// KW-REW-1
test('a new slot that does not open leaves the old one usable', async () => {
  const { from, to, toControl } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const before = new Uint8Array(sealed)
  toControl.before = (operation) => {
    if (operation === 'unwrapKey') throw new Error('refused')
  }
  expect(await codeOf(rewrap(sealed, { from, to }))).toBe('unwrap-failed')
  expect(sealed).toEqual(before)
  expect(await opensWith(sealed, from)).toBe('ok')
})

// KW-REW-1
test('a new slot that holds another key is refused', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const wrapsAnother: Kek = {
    ...to,
    wrapKey: (request) => to.wrapKey({ ...request, dataKey: new Uint8Array(32).fill(7) }),
  }
  expect(await codeOf(rewrap(sealed, { from, to: wrapsAnother }))).toBe('authentication-failed')
})

test('a new slot that is the old one under another name is refused', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const old = decodeHeader(sealed).header.keyTable.groups[0]?.slots[0]
  const renames: Kek = {
    ...to,
    wrapKey: async (request) => ({
      ...(await to.wrapKey(request)),
      wrapped: old?.wrapped ?? new Uint8Array(1),
    }),
  }
  expect(await codeOf(rewrap(sealed, { from, to: renames }))).toBe('unwrap-failed')
})

// KW-REW-1
test('garbage from the old KEK is caught before anything is wrapped', async () => {
  const { from, to, toControl } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const garbled: Kek = {
    ...from,
    unwrapKey: async (request) => ({
      ...(await from.unwrapKey(request)),
      dataKey: new Uint8Array(32).fill(3),
    }),
  }
  expect(await codeOf(rewrap(sealed, { from: garbled, to }))).toBe('authentication-failed')
  expect(await codeOf(rewrap(sealed, { from: garbled, to, checkBody: false }))).toBe('authentication-failed')
  expect(toControl.calls.wrapKey).toBe(0)
})

test('a rewrap that was done before is left as it is when it is run again', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const once = await rewrap(sealed, { from, to })
  for (const step of ['replace', 'add', 'remove'] as const) {
    const again = await rewrap(once.header, { from, to, step })
    expect([again.receipt.outcome, again.receipt.added, again.receipt.dropped]).toEqual(['unchanged', [], []])
    expect(again.header).toEqual(once.header)
  }
})

test('a KEK without a slot has nothing to rewrap from', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [memoryKek({ name: 'other' })] }) })
  const error = await errorOf(rewrap(sealed, { from, to }))
  expect([error.code, error.details.field]).toEqual(['no-matching-key', 'from'])
  expect(await codeOf(rewrap(sealed, { from, to: [] }))).toBe('invalid-argument')
})

test('the context may be stated, follow from the header, or be accepted as stored', async () => {
  const { from, to } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }), context: { tenant: 'a' } })
  expect(await codeOf(rewrap(sealed, { from, to, context: { tenant: 'b' } }))).toBe('context-mismatch')
  expect(await outcomeOf(rewrap(sealed, { from, to, context: { tenant: 'a' } }))).toBe('ok')
  expect(await outcomeOf(rewrap(sealed, { from, to }))).toBe('ok')
  const followed = await rewrap(sealed, {
    from,
    to,
    context: ({ context }) => ({ tenant: context['tenant'] ?? '' }),
  })
  expect(followed.receipt.outcome).toBe('verified')
})

test('withheld values have to be stated, and never reach a key manager that logs them', async () => {
  const { from } = two()
  const logs = memoryKek({ name: 'logs', capabilities: { contextBinding: 'native-map' } })
  const at = { context: { tenant: 'a' }, withhold: ['tenant'] }
  const sealed = await seal('x', { keys: keyring({ seal: [from] }), ...at })
  expect(await codeOf(rewrap(sealed, { from, to: logs }))).toBe('invalid-argument')
  expect(await codeOf(rewrap(sealed, { from, to: logs, context: at.context }))).toBe('policy-mismatch')
})

test('a paged envelope gets a higher generation in both pages, and keeps its body', async () => {
  const { from, to } = two()
  const sealed = await sealPaged('secret', { keys: keyring({ seal: [from] }) })
  const { envelope = sealed, header } = await rewrap(sealed, { from, to })
  const decoded = await decodePagedHeader(envelope)
  expect([decoded.generation, decoded.unfinished, header.length]).toEqual([2, false, 3 * blockBytes(0)])
  expect(envelope.subarray(header.length)).toEqual(sealed.subarray(header.length))
  expect(await opensWith(envelope, to)).toBe('ok')
})

// KW-REW-7
test('a paged table that outgrows its page is refused', async () => {
  const { from } = two()
  const sealed = await sealPaged('x', { keys: keyring({ seal: [from] }) })
  const many = Array.from({ length: 8 }, (_, at) => memoryKek({ name: `${at}`.padStart(600, 'k') }))
  const error = await errorOf(rewrap(sealed, { from, to: many }))
  expect([error.code, error.details.field]).toEqual(['limit-exceeded', 'keyTable'])
})

// KW-REW-7
test('a table of more than 32 slots is refused', async () => {
  const { from } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const many = Array.from({ length: 32 }, (_, at) => memoryKek({ name: `k${at}` }))
  expect(await codeOf(rewrap(sealed, { from, to: many, step: 'add' }))).toBe('limit-exceeded')
})

test('an aborted rewrap makes no call', async () => {
  const { from, to, fromControl } = two()
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  expect(await codeOf(rewrap(sealed, { from, to, signal: AbortSignal.abort() }))).toBe('aborted')
  expect(fromControl.calls.unwrapKey).toBe(0)
})
