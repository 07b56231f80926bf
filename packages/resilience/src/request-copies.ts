import type { KeyContext } from '@keywright/core/provider'

/** Copies at the call: a caller may change its bytes as soon as it has the promise, and tries come later. */
export function copiedContext(context: KeyContext): KeyContext {
  return { ...context, pairs: { ...context.pairs }, digest: new Uint8Array(context.digest) }
}

/** The same for a request with a wrapped key. */
export function copiedRequest<T extends { readonly wrapped: Uint8Array; readonly context: KeyContext }>(
  request: T,
): T {
  return { ...request, wrapped: new Uint8Array(request.wrapped), context: copiedContext(request.context) }
}

/** Zero-fills the data key of an answer that nobody waits for any more. */
export function wipeDataKey(late: { readonly dataKey?: Uint8Array | undefined }): void {
  late.dataKey?.fill(0)
}
