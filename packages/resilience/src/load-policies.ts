/** What stands on the library. */
export type Policies = typeof import('./breaker.ts')

let loading: Promise<Policies> | undefined

/** Loads it, once. The library costs some 8 ms, more than the rest of a provider's import; many programs never call. */
export function loadPolicies(): Promise<Policies> {
  loading ??= import('./breaker.ts')
  return loading
}
