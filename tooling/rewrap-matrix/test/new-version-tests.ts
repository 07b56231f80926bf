import { type Kek, keyring } from '@keywright/core'
import { expect, onTestFinished, test } from 'vitest'
import type { ManagedKey } from '../src/key-managers/key-manager.ts'
import { bodyOf, plaintext, type Subject, sealSubject, slotsOf } from '../src/matrix/subject.ts'
import type { Started } from './started.ts'

/** A new KEK, closed after the test. */
export function kekOf(key: ManagedKey): Kek {
  const kek = key.kek()
  onTestFinished(() => kek.close())
  return kek
}

export async function sealedUnder(kek: Kek, layout: 'compact' | 'file'): Promise<Subject> {
  const variation = { layout, withheld: false, kOfN: false, shared: false }
  const subject = await sealSubject(keyring({ seal: [kek] }), variation)
  onTestFinished(() => subject.remove())
  return subject
}

/** Rewraps from keys to their own new versions, of these schemes in these layouts. */
export function newVersionTests(
  { newKey }: Started,
  pairs: readonly (readonly [scheme: string, layout: 'compact' | 'file'])[],
): void {
  test.each(pairs)('%s: a rewrap to the new version of the same key, %s', async (scheme, layout) => {
    const key = await newKey(scheme)
    const kek = kekOf(key)
    const subject = await sealedUnder(kek, layout)
    const [before] = await slotsOf(subject)
    const body = await bodyOf(subject)
    await key.newVersion()

    const receipt = await subject.rewrap({ from: kek, to: kek })
    expect(receipt).toMatchObject({ outcome: 'verified', checked: 'commitment' })
    expect(receipt.dropped.map(({ keyVersion }) => keyVersion)).toEqual([before?.keyVersion])

    const { currentVersion } = await kek.describeKey()
    const [after, ...others] = await slotsOf(subject)
    expect(others).toEqual([])
    expect(after).toMatchObject({ key: before?.key, keyVersion: currentVersion })
    expect(after?.keyVersion).not.toBe(before?.keyVersion)
    expect((await bodyOf(subject)).equals(body)).toBe(true)
    const bytes = await subject.bytes()
    for (const { wrapped } of receipt.dropped)
      expect(bytes.includes(Buffer.from(wrapped, 'base64'))).toBe(false)

    await key.disableFirstVersion?.()
    expect(await subject.open(keyring({ open: [kekOf(key)] }))).toBe(plaintext)
  })

  test.each(pairs)('%s: a slot at the current version is left alone, %s', async (scheme, layout) => {
    const key = await newKey(scheme)
    const kek = kekOf(key)
    const subject = await sealedUnder(kek, layout)
    const before = await subject.bytes()
    expect(await subject.rewrap({ from: kek, to: kek })).toMatchObject({ outcome: 'unchanged', dropped: [] })
    expect(before.equals(await subject.bytes())).toBe(true)
  })
}
