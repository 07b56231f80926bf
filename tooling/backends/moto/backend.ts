import { join } from 'node:path'
import type { Backend } from '../src/backend.ts'
import { freePort } from '../src/free-port.ts'
import { missingPython, pythonEnvironment } from '../src/python.ts'
import { serverProcess } from '../src/server-process.ts'

const region = 'eu-central-1'

/** An AWS stand-in of others, for what it does right; the table in ../README.md says what it does not. */
export const backend: Backend = {
  name: 'moto',
  tier: 2,
  about: 'AWS KMS and S3, by others',
  version: '5.2.5',
  sources: ['requirements.txt'],

  missing: missingPython,

  async install({ cache, say }) {
    say('moto[server] 5.2.5 into a Python environment of its own, 320 MB')
    await pythonEnvironment(join(cache, 'python'), join(import.meta.dirname, 'requirements.txt'), say)
  },

  async start({ cache, folder }) {
    const port = await freePort()
    const bin = join(cache, 'python', process.platform === 'win32' ? 'Scripts' : 'bin')
    const server = serverProcess({
      command: join(bin, 'python3'),
      args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
      cwd: folder,
    })
    const address = `http://127.0.0.1:${port}`
    await server.answers(`${address}/moto-api/data.json`)
    return {
      version: this.version,
      environment: {
        AWS_ENDPOINT_URL: address,
        AWS_ENDPOINT_URL_KMS: address,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: 'keywright',
        AWS_SECRET_ACCESS_KEY: 'keywright-secret',
        KEYWRIGHT_AWS_KMS_KEY: `aws-kms://${await createKey(address)}`,
      },
      stop: () => server.stop(),
      ended: server.ended,
    }
  },
}

// The ARN of a first key. Signatures are not checked, but the region is taken from one.
async function createKey(address: string): Promise<string> {
  const scope = `Credential=keywright/20260101/${region}/kms/aws4_request`
  const answer = await fetch(address, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': 'TrentService.CreateKey',
      Authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`,
    },
    body: '{}',
  })
  const { KeyMetadata } = (await answer.json()) as { KeyMetadata: { Arn: string } }
  return KeyMetadata.Arn
}
