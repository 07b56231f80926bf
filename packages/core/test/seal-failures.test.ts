import { expect, test } from 'vitest'
import { type Kek, KeywrightError, keyring, open, seal } from '../src/index.ts'
import type { SealWarning } from '../src/keyring/policy.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { textOf } from './three-layouts.ts'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An option that collects its warnings. */
function proceeding(): {
  readonly warnings: SealWarning[]
  readonly onSealFailure: { readonly proceed: (warning: SealWarning) => void }
} {
  const warnings: SealWarning[] = []
  return { warnings, onSealFailure: { proceed: (warning) => void warnings.push(warning) } }
}

/** A KEK that cannot be connected. */
function unreachable(): { readonly kek: Kek; readonly control: ReturnType<typeof memoryControl> } {
  const control = memoryControl()
  control.before = () => {
    throw new DOMException('down')
  }
  return { kek: memoryKek({ name: 'down', control }), control }
}

for (const shared of [false, true]) {
  test(`KEKs wrap all at once${shared ? ', in all groups' : ''}`, async () => {
    const gate = Promise.withResolvers<void>()
    const controls = Array.from({ length: 4 }, () => {
      const control = memoryControl()
      control.before = (operation) => (operation === 'wrapKey' ? gate.promise : undefined)
      return control
    })
    const keks = controls.map((control, at) => memoryKek({ name: `k${at}`, control }))
    const groups = [keks.slice(0, 2), keks.slice(2)]
    const keys = shared ? keyring({ groups, threshold: 2 }) : keyring({ seal: keks })
    const sealing = outcomeOf(seal('x', { keys }))
    await nextTurn()
    expect(controls.map(({ calls }) => calls.wrapKey)).toEqual([1, 1, 1, 1])
    gate.resolve()
    expect(await sealing).toBe('ok')
  })
}

test('a KEK that cannot be connected costs one try, and is reported', async () => {
  const up = memoryKek({ name: 'up' })
  for (const place of ['first', 'last']) {
    const { kek, control } = unreachable()
    const { warnings, onSealFailure } = proceeding()
    const keks = place === 'first' ? [kek, up] : [up, kek]
    const sealed = await seal('x', { keys: keyring({ seal: keks, onSealFailure }) })
    expect(warnings).toEqual([{ key: 'memory://down', code: 'unavailable' }])
    expect([control.calls.connect, control.calls.wrapKey]).toEqual([1, 0])
    expect(textOf(await open(sealed, { keys: keyring({ open: [up] }) }))).toBe('x')
  }
  const { kek, control } = unreachable()
  expect(await codeOf(seal('x', { keys: keyring({ seal: [up, kek] }) }))).toBe('unavailable')
  expect(control.calls.connect).toBe(1)
})

test('a KEK that cannot be connected does not keep a keyring that proceeds from withholding values', async () => {
  const up = memoryKek({ name: 'up' })
  const { kek } = unreachable()
  const { warnings, onSealFailure } = proceeding()
  const keys = keyring({ seal: [up, kek], onSealFailure })
  await seal('x', { keys, context: { tenant: 'a' }, withhold: ['tenant'] })
  expect(warnings).toHaveLength(1)
})

test('a KEK that drew no data key in time is not given another deadline to wrap one', async () => {
  const control = memoryControl()
  const slow: Kek = {
    ...memoryKek({ name: 'slow', control, capabilities: { generatesDataKeys: true } }),
    generateDataKey: async () => {
      throw new KeywrightError('timeout', 'no answer')
    },
  }
  const up = memoryKek({ name: 'up' })
  const { warnings, onSealFailure } = proceeding()
  await seal('x', { keys: keyring({ seal: [slow, up], onSealFailure }) })
  expect(warnings).toEqual([{ key: 'memory://slow', code: 'timeout' }])
  expect(control.calls.wrapKey).toBe(0)
  expect(await codeOf(seal('x', { keys: keyring({ seal: [slow, up] }) }))).toBe('timeout')
})

test('a caller that gives up while KEKs are connected is told so, whatever they answer', async () => {
  const { kek } = unreachable()
  const { warnings, onSealFailure } = proceeding()
  const keys = keyring({ seal: [kek, memoryKek({ name: 'up' })], onSealFailure })
  expect(await codeOf(seal('x', { keys, signal: AbortSignal.abort() }))).toBe('aborted')
  expect(warnings).toEqual([])
})
