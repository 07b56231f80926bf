import { type Checker, lineAt } from './tree.ts'

// A suppressed error is a decision without a reader. Tests may need one, to pass what the types forbid.
const suppression =
  /@ts-(ignore|expect-error|nocheck)|biome-ignore(-all|-start)?\s+lint\/(suspicious\/noExplicitAny|style\/noNonNullAssertion)/g
// A test that is retried or skipped until it is green has stopped saying anything.
// What a test skips while it runs has to say why: the report then shows the reason.
const excuse =
  /\bretry:\s*[1-9]|\b(test|it|describe|suite)\.(skip|skipIf|todo|fails)\b|\bcontext\.skip\(\s*\)/g

/** No type errors, `any` or `!` waved through outside tests; no test retried or skipped. */
export const suppressions: Checker = {
  name: 'suppressions',
  check(tree) {
    return tree.files.flatMap(({ path, text }) => {
      if (!/^(packages|apps|tooling)\/.*\.[cm]?ts$/.test(path) || path.startsWith('tooling/checks/'))
        return []
      const source = text()
      const pattern = /\.test\.ts$/.test(path) ? excuse : path.includes('/test/') ? undefined : suppression
      if (pattern === undefined) return []
      return [...source.matchAll(pattern)].map(
        (match) => `${path}:${lineAt(source, match.index)}: ${match[0]} is refused`,
      )
    })
  },
}
