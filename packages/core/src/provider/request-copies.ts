import type { RewrapKeyRequest, UnwrapRequest } from './contract.ts'

/** Copies at the call, before anything is awaited: a caller may change its bytes as soon as it has the promise. */
export function copyRequest<T extends UnwrapRequest | RewrapKeyRequest>(request: T): T {
  return { ...request, wrapped: new Uint8Array(request.wrapped), context: copyContext(request.context) }
}

/** Zero-fills bytes once the step that uses them has settled, even after its caller was let go; or was never run. */
export function wiping<A, R>(
  bytes: Uint8Array,
  use: (argument: A) => Promise<R>,
): { readonly step: (argument: A) => Promise<R>; readonly orUnused: <T>(whole: Promise<T>) => Promise<T> } {
  let used = false
  return {
    step: async (argument) => {
      used = true
      try {
        return await use(argument)
      } finally {
        bytes.fill(0)
      }
    },
    orUnused: async (whole) => {
      try {
        return await whole
      } finally {
        if (!used) bytes.fill(0)
      }
    },
  }
}

/** A driver must not be able to change what the next one is given. */
export function copyContext<
  T extends { readonly digest: Uint8Array; readonly pairs: Readonly<Record<string, string>> },
>(context: T): T {
  return { ...context, pairs: { ...context.pairs }, digest: new Uint8Array(context.digest) }
}
