import type { Checker } from './tree.ts'

// A file called "utils" has no reason to refuse anything, so it grows and everything imports it. A name that says
// the one thing in a file is also how a reader finds that thing.
const drawers = /(^|\/)(utils?|helpers?|common|misc|types|shared)\.[cm]?tsx?$/
const folders = /\/(utils?|helpers?|common|misc)\//
const kebab = /^\.?[a-z0-9]+([-.][a-z0-9]+)*$/

/** No drawers (`utils`, `helpers`, `common`, `misc`, `types`) and kebab-case for TypeScript files. */
export const fileNames: Checker = {
  name: 'file-names',
  check(tree) {
    const findings: string[] = []
    for (const { path } of tree.files) {
      if (!/\.[cm]?tsx?$/.test(path)) continue
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (drawers.test(path) || folders.test(path))
        findings.push(`${path}: name it after the one thing in it`)
      if (!kebab.test(name)) findings.push(`${path}: write the name in kebab-case`)
    }
    return findings
  },
}
