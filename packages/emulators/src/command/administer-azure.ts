import { request } from 'node:https'
import type { AzureEmulator } from '../azure-key-vault/emulator.ts'
import { type Administration, AdministrationError, firstKeyName, referenceOf } from './administration.ts'

const apiVersion = '2025-07-01'

/** The operator of a vault, or of a managed HSM. */
export function administerAzure(emulator: AzureEmulator): Administration {
  const kind = emulator.name === 'azure-managed-hsm' ? { kty: 'oct-HSM', key_size: 256 } : { kty: 'RSA' }

  async function call(method: string, path: string, body?: object): Promise<number> {
    const { status, text } = await exchange(emulator, method, path, body)
    if (status < 300 || (method === 'GET' && status === 404)) return status
    throw new AdministrationError(`${method} ${path} was answered with ${status}: ${text}`)
  }

  function place(uri: string): string {
    const found = /^([^/]+)(\/keys\/[^/]+)$/.exec(referenceOf(uri, 'azure-key-vault'))
    if (found?.[1] === emulator.host) return found[2] ?? ''
    throw new AdministrationError(`a key here is azure-key-vault://${emulator.host}/keys/NAME`)
  }

  const enabled = (value: boolean) => async (uri: string) => {
    await call('PATCH', `${place(uri)}/`, { attributes: { enabled: value } })
  }

  return {
    async firstKey() {
      const path = `/keys/${firstKeyName}`
      if ((await call('GET', path)) === 404) await call('POST', `${path}/create`, kind)
      return `azure-key-vault://${emulator.host}${path}`
    },
    actions: {
      rotate: async (uri) => void (await call('POST', `${place(uri)}/rotate`)),
      disable: enabled(false),
      enable: enabled(true),
      destroy: async (uri) => void (await call('DELETE', place(uri))),
    },
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

// fetch cannot be told which certificate to trust.
function exchange(emulator: AzureEmulator, method: string, path: string, body?: object): Promise<Answer> {
  const url = `${emulator.url}${path}?api-version=${apiVersion}`
  const headers = {
    authorization: `Bearer ${emulator.token({ principal: 'operator' })}`,
    'content-type': 'application/json',
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ca: emulator.certificate, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        text += piece
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
