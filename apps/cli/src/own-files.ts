/**
 * A file of this package, wherever its code was put by a build.
 *
 * @param path inside the package
 */
export function ownFile(path: string): URL {
  return new URL(path, import.meta.resolve('keywright/package.json'))
}
