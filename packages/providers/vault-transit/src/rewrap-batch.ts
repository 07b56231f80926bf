import { type TryLimit, withinTry } from './client/one-try.ts'
import { VaultFailure } from './client/vault-failure.ts'
import type { VaultSession } from './client/vault-session.ts'

/** A wrapped key to be rewrapped. */
export interface RewrapItem {
  readonly ciphertext: string
  readonly context: string
}

/** What became of one item, unchecked. */
export interface Rewrapped {
  readonly data: unknown
  readonly requestId: unknown
}

interface Waiting {
  readonly item: RewrapItem
  readonly resolve: (rewrapped: Rewrapped) => void
  readonly reject: (error: unknown) => void
}

/**
 * Rewraps that are asked for in one turn of the event loop share one request, and nothing else: each has its own
 * result. No caller's signal ends it, as one who gives up must not end it for the others.
 *
 * @param session calls Vault
 * @param path of the key's rewrap
 * @param most items of one request
 * @param limit of one request
 */
export function rewrapsTogether(
  session: VaultSession,
  path: string,
  most: number,
  limit: TryLimit,
): (item: RewrapItem) => Promise<Rewrapped> {
  let waiting: Waiting[] = []

  const send = async (group: readonly Waiting[]): Promise<void> => {
    const body = { batch_input: group.map(({ item }) => item) }
    const answer = await withinTry(limit, (signal) => session.call(path, body, signal))
    const { data, request_id: requestId } = answer
    const results = data?.['batch_results']
    for (const [at, { resolve, reject }] of group.entries()) {
      const result: unknown = Array.isArray(results) ? results[at] : undefined
      const said = (result as { error?: unknown } | undefined)?.error
      // A batch is a success whatever became of its items.
      if (said) reject(new VaultFailure({ statusCode: 400, body: { errors: [said], request_id: requestId } }))
      else resolve({ data: result, requestId })
    }
  }
  const flush = (): void => {
    const all = waiting
    waiting = []
    while (all.length > 0) {
      const group = all.splice(0, most)
      send(group).catch((error: unknown) => {
        for (const { reject } of group) reject(error)
      })
    }
  }
  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ item, resolve, reject }) === 1) setImmediate(flush)
    })
}
