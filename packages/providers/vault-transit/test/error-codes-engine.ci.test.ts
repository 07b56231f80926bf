import { openBackend, startBackend } from '@keywright/backends'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, textOf } from '../src/client/vault-failure.ts'
import { classifyVaultError } from '../src/error-codes.ts'
import { errorRows } from './error-rows.ts'
import { rowVault } from './row-vault.ts'

if ((await startBackend('vault-transit')) !== undefined) {
  test.each(errorRows)(
    'the engine: $situation: status $status is $code',
    async ({ run, status, text, code }) => {
      const { environment, stop } = await openBackend('vault-transit')
      onTestFinished(stop)
      const { VAULT_ADDR: url = '', VAULT_TOKEN: root = '' } = environment
      const error = await run(await rowVault(url, root, code === 'unauthenticated' ? 'unknown' : root)).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      const answer = answerOf(error)
      expect(answer?.statusCode).toBe(status)
      expect(answer === undefined ? '' : textOf(answer)).toContain(text)
      expect(classifyVaultError(error, { operation: 'unwrapKey' }).code).toBe(code)
    },
  )
}
