import ts from 'typescript-api'
import { publicNames, publishedPackages } from './entry-points.ts'
import type { Checker } from './tree.ts'

// A public name is a promise, and its doc comment is where the promise is written: shapes, units, errors. What has
// none is understood by reading its source, and then the source is the promise.
//
// Core's names are counted because each is one more thing to learn before the first call.
const maxCoreNames = 45

/** Every public name has a doc comment, and core has at most 45 names. */
export const publicNamesCheck: Checker = {
  name: 'public-names',
  check(tree) {
    const findings: string[] = []
    for (const { folder, manifest } of publishedPackages(tree)) {
      const found = publicNames(tree, folder, manifest)
      for (const { name, entry, declaration } of found) {
        if (declaration === undefined)
          findings.push(`${entry}: ${name} is exported, but not found where it is said to be`)
        else if (ts.getJSDocCommentsAndTags(declaration).length === 0) {
          findings.push(`${declaration.getSourceFile().fileName}: ${name} is public and has no doc comment`)
        }
      }
      // The other subpaths are for who builds on the engine, not for the first call.
      const main = found.filter(({ entry }) => entry === `${folder}/src/index.ts`)
      const count = new Set(main.map(({ name }) => name)).size
      if (manifest.name === '@keywright/core' && count > maxCoreNames) {
        findings.push(`${folder}: ${count} public names, at most ${maxCoreNames}`)
      }
    }
    return findings
  },
}
