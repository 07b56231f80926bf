import { type Checker, lineAt } from './tree.ts'

// A path of one machine or the address of one registry works for whoever wrote it and for nobody else.
const traces: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/(?<![\w.~/])\/(home|Users|root|work)\/[\w.-]+/g, 'a path of one machine'],
  [/\b[A-Z]:\\Users\\/g, 'a path of one machine'],
  [
    /\bregistry\.(npmjs\.org|yarnpkg\.com|npmmirror\.com)|\bnpm\.pkg\.github\.com/g,
    'the address of a registry',
  ],
]
const lockFiles = /(^|\/)(pnpm-lock\.yaml|package-lock\.json)$/
const text = /\.([cm]?[jt]sx?|json|ya?ml|md|sh|txt|toml)$|(^|\/)(run|\.npmrc|\.gitignore)$/

/** No absolute machine paths, no registry host names, and lock files without addresses. */
export const machineTraces: Checker = {
  name: 'machine-traces',
  check(tree) {
    return tree.files.flatMap((file) => {
      if (!text.test(file.path) || /^tooling\/checks\/(src|test)\/machine-traces/.test(file.path)) return []
      const source = file.text()
      const patterns = lockFiles.test(file.path)
        ? [...traces, [/https?:\/\/\S+\.tgz/g, 'an address'] as const]
        : traces
      return patterns.flatMap(([pattern, what]) =>
        [...source.matchAll(pattern)].map(
          (match) => `${file.path}:${lineAt(source, match.index)}: ${match[0]} is ${what}`,
        ),
      )
    })
  },
}
