import { randomBytes } from 'node:crypto'
import { type Call, CallLog } from '../call-log.ts'
import type { Emulator, EmulatorOptions } from '../emulator.ts'
import { Faults, type ServiceFault } from '../faults.ts'
import { Grants } from '../grants.ts'
import { type HttpAnswer, type HttpRequest, startHttpService } from '../http-service.ts'
import { accessOperations } from './access-operations.ts'
import { Authorisation, type AwsPrincipal } from './authorisation.ts'
import { decodeBlob } from './ciphertext-blob.ts'
import { cryptoOperations } from './crypto-operations.ts'
import { keyOperations } from './key-operations.ts'
import { alteredOutput, kmsAnswer, refusal, throwFault } from './kms-answer.ts'
import { KmsError } from './kms-error.ts'
import type { KmsService, Operation } from './kms-service.ts'
import { KmsState } from './kms-state.ts'
import { Members } from './members.ts'
import { parsePolicy } from './policy-document.ts'
import { checkSignature, readSignature } from './signature.ts'

/** A running stand-in for AWS KMS, for one account and every Region: a request's Region is the one it is signed for. */
export interface AwsKmsEmulator extends Emulator {
  /**
   * Makes somebody with an access key known; an access key that is known already is replaced.
   *
   * @returns the variables with which the principal's SDK signs
   * @throws Error for a policy with parts that are not evaluated here
   */
  readonly addPrincipal: (principal: AwsPrincipal) => Readonly<Record<string, string>>
  /** The IAM actions that were asked for since the start or {@link forgetActions}, such as `kms:Decrypt`, sorted. */
  readonly actions: (accessKeyId?: string) => readonly string[]
  readonly forgetActions: () => void
}

const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...cryptoOperations, ...keyOperations, ...accessOperations }),
)

const defaultAccessKeyId = 'KEYWRIGHTEMULATORKEY'
const defaultRegion = 'eu-west-1'

/** Starts a stand-in for AWS KMS on HTTP, with one principal that may do everything. */
export async function awsKmsEmulator(options: EmulatorOptions = {}): Promise<AwsKmsEmulator> {
  const { host = '127.0.0.1', port = 0, folder, now = () => new Date() } = options
  const [faults, calls, grants] = [new Faults(), new CallLog(), new Grants()]
  const state = new KmsState(folder)
  const authorisation = new Authorisation(state, grants)
  const service: KmsService = { state, authorisation }
  const principals = new Map<string, AwsPrincipal>()
  const addPrincipal: AwsKmsEmulator['addPrincipal'] = (principal) => {
    if (principal.policy !== undefined) parsePolicy(JSON.stringify(principal.policy))
    principals.set(principal.accessKeyId, principal)
    return credentials(principal)
  }
  const owner = addPrincipal({
    accessKeyId: defaultAccessKeyId,
    secretAccessKey: randomBytes(30).toString('base64url'),
  })

  /** For faults and the log, which know keys by their ARN; what cannot be told is told by the answer itself. */
  const identify = (request: HttpRequest): Call => {
    const operation = operationOf(request)
    const signed = readSignature(request.headers)
    try {
      return {
        operation,
        principal: signed?.accessKeyId,
        key: keyOf(new Members(request.body), signed?.region ?? ''),
      }
    } catch {
      return { operation, principal: signed?.accessKeyId }
    }
  }
  const keyOf = (input: Members, region: string): string | undefined => {
    const named =
      input.optionalText('KeyId') ??
      input.optionalText('DestinationKeyId') ??
      input.optionalText('TargetKeyId')
    if (named !== undefined) return state.resolve(named, region, now()).arn
    const blob = input.optionalText('CiphertextBlob')
    if (blob === undefined) return undefined
    return state.keyOfMaterial(decodeBlob(Buffer.from(blob, 'base64'))?.materialId ?? '', region)?.arn
  }

  const serve = (request: HttpRequest, call: Call, fault: ServiceFault | undefined): HttpAnswer => {
    const signed = readSignature(request.headers)
    const principal = signed && principals.get(signed.accessKeyId)
    checkSignature(request, signed, principal, now())
    throwFault(fault, request)
    const operation = operations.get(call.operation)
    if (operation === undefined || signed === undefined || principal === undefined) {
      throw new KmsError('UnknownOperationException')
    }
    const input = new Members(request.body)
    const asked = { operation: call.operation, region: signed.region, principal, input, now: now() }
    return kmsAnswer(200, alteredOutput(operation(service, asked), fault), now())
  }

  const answer = (request: HttpRequest, call: Call, fault: ServiceFault | undefined): HttpAnswer => {
    try {
      return serve(request, call, fault)
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      const refused = refusal(error, now())
      if (fault?.kind !== 'throttle' || fault.retryAfterSeconds === undefined) return refused
      return { ...refused, headers: [...refused.headers, ['Retry-After', String(fault.retryAfterSeconds)]] }
    }
  }

  const http = await startHttpService({
    host,
    port,
    faults,
    calls,
    maxBodyBytes: 1 << 20,
    tooLarge: () => refusal(new KmsError('RequestEntityTooLargeException', undefined, 413), now()),
    identify,
    answer,
  })
  return {
    name: 'aws-kms',
    url: http.url,
    environment: { AWS_ENDPOINT_URL_KMS: http.url, AWS_REGION: defaultRegion, ...owner },
    faults,
    calls,
    grants,
    addPrincipal,
    actions: (accessKeyId) => authorisation.actions(accessKeyId),
    forgetActions: () => authorisation.forgetActions(),
    close: http.close,
  }
}

/** `TrentService` is what KMS is called on the wire. */
function operationOf({ headers }: HttpRequest): string {
  return /^TrentService\.([A-Za-z]+)$/.exec(headers['x-amz-target'] ?? '')?.[1] ?? 'unknown'
}

function credentials({ accessKeyId, secretAccessKey, sessionToken }: AwsPrincipal): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  }
}
