const registry = globalThis as { [key: symbol]: unknown }

/**
 * What one thread has once, however often this package is installed in it. Other threads have their own.
 *
 * @param name of the thing; its shape must be one for all versions of the package, or else the number here changes
 */
export function inThisThread<T>(name: string, make: () => T): T {
  const key = Symbol.for(`keywright.pkcs11.${name}.1`)
  registry[key] ??= make()
  return registry[key] as T
}
