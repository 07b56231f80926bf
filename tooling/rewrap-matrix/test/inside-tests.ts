import { type Kek, keyring } from '@keywright/core'
import { expect, onTestFinished, test } from 'vitest'
import type { KeyManager, ManagedKey } from '../src/key-managers/key-manager.ts'
import { bodyOf, plaintext, type Subject, sealSubject, slotsOf } from '../src/matrix/subject.ts'
import type { Started } from './started.ts'

/** Where a key manager moves a wrapped key without showing it. */
export type Destination = 'another key' | 'a new version'

type Layout = 'compact' | 'file'

/** The pending rewrap inside each of these key managers, and its end. */
export function insideTests(started: Started, pairs: readonly (readonly [KeyManager, Destination])[]): void {
  for (const [manager, to] of pairs) {
    for (const layout of ['compact', 'file'] as const) {
      const title = `${manager.scheme} by ${manager.backend} to ${to}, ${layout}`
      const pending =
        countOf(manager) === undefined ? 'pending, its calls uncounted' : 'pending without an unwrap'
      test(`${title}: ${pending}, then finished`, async () => {
        await moves(started, manager, to, layout)
      })
    }
  }
}

/** What counts the unwraps of a key manager, where anything does. */
export function countOf({ unwrapCalls, unwrapCallsHere }: KeyManager): (() => number) | undefined {
  return unwrapCalls ?? unwrapCallsHere
}

async function moves(started: Started, manager: KeyManager, to: Destination, layout: Layout): Promise<void> {
  const { subject, old, next } = await pairIn(started, manager, to, layout)
  // Some try a key once when they connect, which is none of the rewrap's calls.
  await Promise.all([old.connect(), next.connect()])
  const [before, body] = [await slotsOf(subject), await bodyOf(subject)]
  const count = countOf(manager)
  const calls = count?.()

  const pending = await subject.rewrap({ from: old, to: next, wrapOnly: true })
  expect(pending).toMatchObject({ outcome: 'pending', checked: 'none', dropped: [] })
  expect(count?.()).toBe(calls)
  expect(await slotsOf(subject)).toHaveLength(2)
  expect(await subject.open(keyring({ open: [old] }))).toBe(plaintext)

  const finished = await subject.rewrap({ from: old, to: next, step: 'remove' })
  expect(finished).toMatchObject({ outcome: 'verified', checked: 'commitment' })
  // What counts does count: reading and finishing have asked.
  if (count !== undefined) expect(count()).toBeGreaterThan(calls ?? 0)
  expect(finished.dropped.map(({ keyVersion }) => keyVersion)).toEqual([before[0]?.keyVersion])
  const bytes = await subject.bytes()
  for (const { wrapped } of finished.dropped) {
    expect(bytes.includes(Buffer.from(wrapped, 'base64'))).toBe(false)
  }
  expect(await subject.open(keyring({ open: [next] }))).toBe(plaintext)
  expect((await bodyOf(subject)).equals(body)).toBe(true)
}

interface Pair {
  readonly subject: Subject
  readonly old: Kek
  readonly next: Kek
}

/** An envelope under a key that its manager can rewrap from, and the key to move it to: another, or itself. */
async function pairIn(
  { newKey }: Started,
  { scheme }: KeyManager,
  to: Destination,
  layout: Layout,
): Promise<Pair> {
  const from = await newKey(scheme, true)
  const old = kekOf(from)
  const variation = { layout, withheld: false, kOfN: false, shared: false }
  const subject = await sealSubject(keyring({ seal: [old] }), variation)
  onTestFinished(() => subject.remove())
  if (to === 'another key') return { subject, old, next: kekOf(await newKey(scheme, true)) }
  await from.newVersion()
  return { subject, old, next: old }
}

function kekOf(key: ManagedKey): Kek {
  const kek = key.kek()
  onTestFinished(() => kek.close())
  return kek
}
