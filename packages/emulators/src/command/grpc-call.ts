import { connect } from 'node:http2'
import { methods } from '../gcp-kms/methods.ts'
import { decode, encode } from '../gcp-kms/wire-codec.ts'
import { serviceName } from '../gcp-kms/wire-description.ts'
import { AdministrationError } from './administration.ts'

const frameHeadBytes = 5

/**
 * Calls a method of the Google Cloud KMS emulator.
 *
 * @param url of the emulator
 * @param name of the method
 * @throws AdministrationError with the status of a refusal
 */
export async function grpcCall<Answer>(url: string, name: string, request: object): Promise<Answer> {
  const method = methods.get(name)
  if (method === undefined) throw new AdministrationError(`there is no method ${name}`)
  const body = await exchange(url, `/${serviceName}/${name}`, encode(method.request, request))
  return decode(method.response, body.subarray(frameHeadBytes)) as Answer
}

function exchange(url: string, path: string, message: Uint8Array): Promise<Buffer> {
  const head = Buffer.alloc(frameHeadBytes)
  head.writeUInt32BE(message.length, 1)
  const session = connect(url)
  return new Promise<Buffer>((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: 'Bearer operator',
    })
    const pieces: Buffer[] = []
    const judge = (headers: Record<string, unknown>): void => {
      const status = headers['grpc-status']
      if (status !== undefined && status !== '0')
        reject(
          new AdministrationError(
            `${path} was refused: ${decodeURIComponent(String(headers['grpc-message']))}`,
          ),
        )
    }
    stream.on('response', judge)
    stream.on('trailers', judge)
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('error', reject)
    stream.on('end', () => resolve(Buffer.concat(pieces)))
    stream.end(Buffer.concat([head, message]))
  }).finally(() => session.destroy())
}
