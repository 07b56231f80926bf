import { type Checker, lineAt, type Tree } from './tree.ts'

// A numbered MUST binds nobody unless something fails when it is broken. The number in a test or a vector leads from
// the sentence to its proof, and from a red test to the sentence; a number that was renamed or dropped leads nowhere.
const specification = 'spec/envelope-v1.md'
const definition = /^- \*\*(KW-[A-Z]+-\d+)\*\*:/gm
const mention = /\bKW-[A-Z]+-\d+\b/g

/** Where proofs stand: tests of packages and apps, the vectors, and the cases that every provider must pass. */
const proofs =
  /^((packages|apps)\/.*\/test\/.*\.ts|packages\/vectors\/v1\/.*\.json|packages\/conformance\/src\/.*\.ts)$/

/** Requirements that no test of an implementation can prove, and why. */
const unprovable: ReadonlyMap<string, string> = new Map([
  ['KW-CON-4', 'says what other ciphertexts give away; there is nothing to do or to leave'],
  ['KW-DET-2', 'orders the writes of who stores a detached body; no code here stores one'],
  ['KW-OPN-6', 'leaves a choice to readers; both ways are right'],
])

/** Every requirement of the specification is named by a test, a vector or the exceptions, and no other is named. */
export const requirements: Checker = {
  name: 'requirements',
  check: (tree) => checkRequirements(tree, unprovable),
}

/**
 * @param tree the files
 * @param exceptions requirements that need no proof, each with its reason
 * @returns a line for each requirement without proof, each proof or exception of a requirement that is not there,
 *   and each exception that has a proof
 */
export function checkRequirements(tree: Tree, exceptions: ReadonlyMap<string, string>): string[] {
  const text = tree.files.find(({ path }) => path === specification)?.text() ?? ''
  const defined = new Map(
    [...text.matchAll(definition)].map((match) => [match[1] ?? '', lineAt(text, match.index)]),
  )
  const named = new Set<string>()
  const findings: string[] = []
  for (const file of tree.files.filter(({ path }) => proofs.test(path))) {
    const content = file.text()
    for (const { 0: id, index } of content.matchAll(mention)) {
      named.add(id)
      if (defined.has(id)) continue
      findings.push(`${file.path}:${lineAt(content, index)}: ${id} is no requirement of ${specification}`)
    }
  }
  for (const [id, line] of defined) {
    if (named.has(id) || exceptions.has(id)) continue
    findings.push(`${specification}:${line}: name ${id} above the test that proves it`)
  }
  for (const id of exceptions.keys()) {
    if (!defined.has(id)) findings.push(`${specification}: ${id} is an exception, but no requirement`)
    else if (named.has(id))
      findings.push(`${specification}:${defined.get(id)}: ${id} is named by a test, so it is no exception`)
  }
  return findings
}
