/** Asks a Vault as an administrator would; throws where it refuses. */
export type Administer = (method: string, path: string, body?: object) => Promise<unknown>

/**
 * A client for administration, over the wire.
 *
 * @param address protocol, host and port
 * @param token of somebody who may do it
 * @param namespace empty for the root
 */
export function administer(address: string, token: string, namespace = ''): Administer {
  return async (method, path, body) => {
    const headers = { 'X-Vault-Token': token, 'X-Vault-Namespace': namespace }
    const sent = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const answer = await fetch(`${address}/v1/${path}`, sent)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
}
