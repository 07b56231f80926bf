import { CreateAliasCommand, CreateKeyCommand, type CreateKeyRequest, KMSClient } from '@aws-sdk/client-kms'
import { keyContext } from '@keywright/conformance'
import type { Kek, KeyContext } from '@keywright/core'
import { type AwsKmsEmulator, type AwsPrincipal, awsKmsEmulator } from '@keywright/emulators'
import type { WithResilience } from '@keywright/resilience'
import { onTestFinished } from 'vitest'
import { type AwsKmsOptions, awsKms } from '../src/index.ts'

/** An emulator for one test, with its owner's client. */
export interface RunningKms extends AwsKmsEmulator {
  readonly admin: KMSClient
  /** A client of a principal, of the owner without one; ends with the test. */
  readonly client: (principal?: AwsPrincipal | undefined, region?: string) => KMSClient
  /** Makes a key and gives its ARN. */
  readonly newKey: (request?: Partial<CreateKeyRequest>, alias?: string) => Promise<string>
  /** A KEK, by default with the owner's client and without the retry policy; closed after the test. */
  readonly kek: (options: WithResilience<AwsKmsOptions>) => Kek
}

/** Starts an emulator that ends with the test. */
export async function runningKms(): Promise<RunningKms> {
  const emulator = await awsKmsEmulator()
  onTestFinished(emulator.close)
  const client: RunningKms['client'] = (principal, region = emulator.environment['AWS_REGION'] ?? '') => {
    const environment = principal === undefined ? emulator.environment : emulator.addPrincipal(principal)
    const made = new KMSClient({
      endpoint: emulator.url,
      region,
      maxAttempts: 1,
      credentials: {
        accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
        ...(principal?.sessionToken === undefined ? {} : { sessionToken: principal.sessionToken }),
      },
    })
    onTestFinished(() => made.destroy())
    return made
  }
  const admin = client()
  return Object.assign(emulator, {
    admin,
    client,
    newKey: async (request: Partial<CreateKeyRequest> = {}, alias?: string) => {
      const { KeyMetadata } = await admin.send(new CreateKeyCommand(request))
      const { Arn: arn = '' } = KeyMetadata ?? {}
      if (alias !== undefined)
        await admin.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: arn }))
      return arn
    },
    kek: (options: WithResilience<AwsKmsOptions>) => {
      const made = awsKms({ client: admin, resilience: false, ...options })
      onTestFinished(() => made.close())
      return made
    },
  })
}

/** A context, and another one. */
export const context: KeyContext = keyContext({ tenant: 'a' })
export const otherContext: KeyContext = keyContext({ tenant: 'b' })

/** 32 bytes. */
export const dataKey: Uint8Array = new Uint8Array(32).fill(7)

/** The code that a promise rejects with, or `ok`. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => String((error as { code?: unknown }).code),
  )
}

/** Wraps {@link dataKey} and gives what a slot keeps. */
export async function slotOf(
  kek: Kek,
  bound: KeyContext = context,
): Promise<{ wrapped: Uint8Array; reference: string; keyVersion: string; algorithm: string }> {
  const { reference } = await kek.connect()
  const { wrapped, algorithm, keyVersion = '' } = await kek.wrapKey({ dataKey, context: bound })
  return { wrapped, reference, keyVersion, algorithm }
}
