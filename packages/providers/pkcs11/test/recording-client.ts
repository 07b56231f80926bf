import type { Cryptoki } from '../src/index.ts'

/** One call that a client was asked for. */
export interface RecordedCall {
  readonly name: string
  readonly args: readonly unknown[]
}

/** A client that writes down what it is asked, and may answer itself. */
export function recordingClient(
  cryptoki: Cryptoki,
  instead: (call: RecordedCall, really: () => unknown) => unknown = (_, really) => really(),
): { readonly client: Cryptoki; readonly calls: RecordedCall[]; readonly count: (name: string) => number } {
  const calls: RecordedCall[] = []
  const client = new Proxy(cryptoki, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        const call = { name: String(name), args }
        calls.push(call)
        return instead(call, () => Reflect.apply(method, target, args))
      }
    },
  })
  return { client, calls, count: (wanted) => calls.filter(({ name }) => name === wanted).length }
}
