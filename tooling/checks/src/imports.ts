import { posix } from 'node:path'
import { type Checker, lineAt, type Tree } from './tree.ts'

// Imports point one way, so that core stays small enough to review and a provider never drags another in.
// A direction that nobody checks holds until the first deadline.
//
// What the sources of a package, by folder, may import of ours. A folder not listed may import nothing of ours.
const allowed: readonly (readonly [folder: RegExp, ours: RegExp])[] = [
  [/^packages\/(files|conformance|resilience)\/src\//, /^@keywright\/core(\/|$)/],
  [/^packages\/providers\/[^/]+\/src\//, /^@keywright\/(core|resilience)(\/|$)/],
  [/^apps\/[^/]+\/src\//, /^@keywright\//],
  [/^tooling\/[^/]+\/src\//, /^@keywright\//],
]

// Static and dynamic imports, re-exports and import types, by text: a specifier built at run time is not seen.
const specifiers = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\1/g

/** Providers → resilience → core; files → core ← conformance; apps and tooling → anything public; nothing → apps; core → nothing. */
export const imports: Checker = {
  name: 'imports',
  check(tree) {
    const homes = packageFolders(tree)
    return tree.files.flatMap(({ path, text }) => {
      const home = homes.find((folder) => path.startsWith(`${folder}/`))
      if (home === undefined || !/\.[cm]?[jt]s$/.test(path) || path.includes('/fixtures/')) return []
      // The tests of this check quote what it refuses.
      if (path.startsWith('tooling/checks/test/imports')) return []
      // Its subject is these very breaches, as text.
      if (path === 'tooling/checks/test/imports.test.ts') return []
      const source = text()
      return [...source.matchAll(specifiers)].flatMap((match) => {
        const breach = judge(path, home, match[2] ?? '')
        return breach === undefined ? [] : [`${path}:${lineAt(source, match.index)}: ${breach}`]
      })
    })
  },
}

function judge(path: string, home: string, name: string): string | undefined {
  if (name.startsWith('.')) {
    const target = posix.join(posix.dirname(path), name)
    return target.startsWith(`${home}/`)
      ? undefined
      : `${name} leaves the package: import the package by its name`
  }
  if (name === 'keywright' || name.startsWith('keywright/')) return 'nothing imports an app'
  if (!name.startsWith('@keywright/')) return undefined
  if (name.startsWith('@keywright/tooling-')) {
    return home.startsWith('tooling/') ? undefined : `${name} is tooling, which only tooling imports`
  }
  if (path.startsWith('packages/vectors/generate/')) return 'vectors are written from the specification alone'
  if (!path.startsWith(`${home}/src/`)) return undefined
  const rule = allowed.find(([folder]) => folder.test(path))
  return rule?.[1].test(name) === true ? undefined : `${home} may not import ${name}`
}

// The longest first, so that a provider is not taken for a part of another package.
function packageFolders(tree: Tree): string[] {
  const manifests = tree.files.filter(({ path }) => /^(packages|apps|tooling)\/.*package\.json$/.test(path))
  const folders = manifests.map(({ path }) => path.slice(0, -'/package.json'.length))
  return folders.sort((a, b) => b.length - a.length)
}
