import { VaultFailure } from './vault-failure.ts'
import type { VaultSession } from './vault-session.ts'

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
  readonly signal: AbortSignal | undefined
  readonly resolve: (rewrapped: Rewrapped) => void
  readonly reject: (error: unknown) => void
}

/**
 * Rewraps that are asked for in one turn of the event loop share one request, and nothing else: each has its own
 * result. One alone is sent as it is, with its own signal; the request of several goes on until all have given up.
 *
 * @param session calls Vault
 * @param path of the key's rewrap
 * @param most items of one request
 */
export function rewrapsTogether(
  session: VaultSession,
  path: string,
  most: number,
): (item: RewrapItem, signal: AbortSignal | undefined) => Promise<Rewrapped> {
  let waiting: Waiting[] = []

  const alone = async ({ item, signal, resolve }: Waiting): Promise<void> => {
    const { data, request_id: requestId } = await session.call(path, item, signal)
    resolve({ data, requestId })
  }
  const together = async (group: readonly Waiting[]): Promise<void> => {
    const { signal, done } = allAborted(group)
    try {
      const body = { batch_input: group.map(({ item }) => item) }
      const { data, request_id: requestId } = await session.call(path, body, signal)
      const results = data?.['batch_results']
      for (const [at, { resolve, reject }] of group.entries()) {
        const result: unknown = Array.isArray(results) ? results[at] : undefined
        const said = (result as { error?: unknown } | undefined)?.error
        // A batch is a success whatever became of its items.
        if (said)
          reject(new VaultFailure({ statusCode: 400, body: { errors: [said], request_id: requestId } }))
        else resolve({ data: result, requestId })
      }
    } finally {
      done()
    }
  }
  const flush = (): void => {
    const all = waiting
    waiting = []
    while (all.length > 0) {
      const group = all.splice(0, most)
      const [first] = group
      const work = first !== undefined && group.length === 1 ? alone(first) : together(group)
      work.catch((error: unknown) => {
        for (const { reject } of group) reject(error)
      })
    }
  }
  return (item, signal) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ item, signal, resolve, reject }) === 1) setImmediate(flush)
    })
}

/** A signal that fires when those of all members have. */
function allAborted(group: readonly Waiting[]): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController()
  const look = (): void => {
    if (group.every(({ signal }) => signal?.aborted === true)) controller.abort()
  }
  for (const { signal } of group) signal?.addEventListener('abort', look)
  return {
    signal: controller.signal,
    done: () => {
      for (const { signal } of group) signal?.removeEventListener('abort', look)
    },
  }
}
