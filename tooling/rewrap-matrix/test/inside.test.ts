import { type Kek, keyring } from '@keywright/core'
import { expect, onTestFinished, test } from 'vitest'
import type { KeyManager, ManagedKey } from '../src/key-managers/key-manager.ts'
import { bodyOf, plaintext, type Subject, sealSubject, slotsOf } from '../src/matrix/subject.ts'
import { started } from './started.ts'

const { managers, newKey } = await started()

function kekOf(key: ManagedKey): Kek {
  const kek = key.kek()
  onTestFinished(() => kek.close())
  return kek
}

async function sealedUnder(kek: Kek, layout: 'compact' | 'file'): Promise<Subject> {
  const variation = { layout, withheld: false, kOfN: false, shared: false }
  const subject = await sealSubject(keyring({ seal: [kek] }), variation)
  onTestFinished(() => subject.remove())
  return subject
}

interface Pair {
  readonly subject: Subject
  readonly old: Kek
  readonly next: Kek
  readonly manager: KeyManager
}

/** An envelope under a key that its manager can rewrap from, and the key to move it to: another, or itself. */
async function pairIn(manager: KeyManager, to: 'another key' | 'a new version', layout: 'compact' | 'file') {
  const from = await newKey(manager.scheme, true)
  const old = kekOf(from)
  const subject = await sealedUnder(old, layout)
  if (to === 'a new version') await from.newVersion()
  const next = to === 'a new version' ? old : kekOf(await newKey(manager.scheme, true))
  return { subject, old, next, manager } satisfies Pair
}

const able = [...managers.values()].filter(({ rewrapsTo }) => rewrapsTo !== undefined)
const pairs = able.flatMap((manager) => [
  ...(manager.rewrapsTo === 'other keys' ? [[manager.scheme, 'another key', manager] as const] : []),
  [manager.scheme, 'a new version', manager] as const,
])

test('there are key managers that rewrap inside', () => {
  expect(able.map(({ scheme }) => scheme)).toContain('aws-kms')
  expect(able.map(({ scheme }) => scheme)).toContain('vault-transit')
})

for (const layout of ['compact', 'file'] as const) {
  test.each(pairs)(
    `%s to %s, ${layout}: pending without an unwrap, then finished`,
    async (_, to, manager) => {
      const { subject, old, next } = await pairIn(manager, to, layout)
      await Promise.all([old.connect(), next.connect()])
      const [before, body] = [await slotsOf(subject), await bodyOf(subject)]
      const calls = manager.unwrapCalls?.()

      const pending = await subject.rewrap({ from: old, to: next, wrapOnly: true })
      expect(pending).toMatchObject({ outcome: 'pending', checked: 'none', dropped: [] })
      expect(manager.unwrapCalls?.()).toBe(calls)
      expect(await slotsOf(subject)).toHaveLength(2)
      expect(await subject.open(keyring({ open: [old] }))).toBe(plaintext)

      const finished = await subject.rewrap({ from: old, to: next, step: 'remove' })
      expect(finished).toMatchObject({ outcome: 'verified', checked: 'commitment' })
      expect(finished.dropped.map(({ keyVersion }) => keyVersion)).toEqual([before[0]?.keyVersion])
      const bytes = await subject.bytes()
      for (const { wrapped } of finished.dropped)
        expect(bytes.includes(Buffer.from(wrapped, 'base64'))).toBe(false)
      expect(await subject.open(keyring({ open: [next] }))).toBe(plaintext)
      expect((await bodyOf(subject)).equals(body)).toBe(true)
    },
  )
}
