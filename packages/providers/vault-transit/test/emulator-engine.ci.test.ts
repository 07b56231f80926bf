import { openBackend, startBackend } from '@keywright/backends'
import { vaultTransitEmulator } from '@keywright/emulators'
import { expect, onTestFinished, test } from 'vitest'
import { classifyVaultError } from '../src/error-codes.ts'
import { shapeOf } from './answer-shape.ts'
import { type Exception, exceptions } from './engine-exceptions.ts'
import { comparisonRows, type Step } from './engine-rows.ts'

interface Answer {
  readonly step: string
  readonly status: number
  readonly shape: unknown
  readonly code: string
}

/** Goes through the steps of a row at one server. */
async function answers(url: string, root: string, steps: readonly Step[]): Promise<readonly Answer[]> {
  const kept = new Map<string, string>()
  const filled = (body: Step['body']): string =>
    (typeof body === 'string' ? body : JSON.stringify(body)).replaceAll(
      /\$(\w+)/g,
      (_, name) => kept.get(name) ?? '',
    )
  const found: Answer[] = []
  for (const { method, path, body, keep, token = root } of steps) {
    const init = body === undefined ? {} : { body: filled(body) }
    const answer = await fetch(`${url}/v1/${path}`, {
      method,
      headers: token === '' ? {} : { 'X-Vault-Token': token },
      ...init,
    })
    const text = await answer.text()
    const json = text === '' ? undefined : JSON.parse(text)
    for (const [name, field] of Object.entries(keep ?? {})) kept.set(name, json.data[field])
    const { code } = classifyVaultError(
      { response: { statusCode: answer.status, body: json } },
      { operation: 'unwrapKey' },
    )
    found.push({
      step: `${method} ${path} ${JSON.stringify(body) ?? ''}`,
      status: answer.status,
      shape: shapeOf(json),
      code: answer.ok ? 'none' : code,
    })
  }
  return found
}

if ((await startBackend('vault-transit')) !== undefined) {
  test.each(comparisonRows)('the emulator answers as the engine does: $title', async ({ title, steps }) => {
    const { environment, stop } = await openBackend('vault-transit')
    onTestFinished(stop)
    const emulator = await vaultTransitEmulator()
    onTestFinished(emulator.close)
    const { VAULT_ADDR: url = '', VAULT_TOKEN: root = '' } = environment
    const admin = { method: 'POST', headers: { 'X-Vault-Token': root } }
    // The backend seeds a key; a mount of our own begins empty.
    await fetch(`${url}/v1/sys/mounts/transit`, { ...admin, method: 'DELETE' })
    await fetch(`${url}/v1/sys/mounts/transit`, { ...admin, body: '{"type":"transit"}' })
    const [real, ours] = [
      await answers(url, root, steps),
      await answers(emulator.url, emulator.rootToken, steps),
    ]
    for (const [at, theirs] of real.entries()) {
      const { parts } = exceptions.find(
        (exception) => exception.title === title && exception.step === at,
      ) ?? { parts: [] as Exception['parts'] }
      const own = ours[at]
      for (const part of ['status', 'shape', 'code'] as const) {
        if (parts.includes(part))
          expect({ step: theirs.step, [part]: own?.[part] }).not.toEqual({
            step: theirs.step,
            [part]: theirs[part],
          })
        else
          expect({ step: theirs.step, [part]: own?.[part] }).toEqual({
            step: theirs.step,
            [part]: theirs[part],
          })
      }
    }
  })

  test('every exception is of a row and a step that there are, and gives its reason', () => {
    for (const { title, step, reason } of exceptions) {
      expect(comparisonRows.find((row) => row.title === title)?.steps[step]).toBeDefined()
      expect(reason.length).toBeGreaterThan(20)
    }
  })
}
