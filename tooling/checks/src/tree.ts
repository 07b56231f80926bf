import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A file as a check sees it: its path from the root with forward slashes, and its text on demand. */
export type TreeFile = { path: string; text: () => string }

/** What a check looks at: the files that git tracks or would, and where they stand. */
export type Tree = { root: string; files: readonly TreeFile[] }

/** One house rule. `check` returns a line for each breach, `path:line: what to do`; none is a pass. */
export type Checker = { name: string; check: (tree: Tree) => string[] }

/** The workspace's root folder. */
export function findRoot(): string {
  return resolve(import.meta.dirname, '../../..')
}

/** Reads the names of all files under `root` that git tracks, or would track if they were added. */
export function readTree(root: string): Tree {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const names = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split(
    '\0',
  )
  const present = [...new Set(names)].filter((name) => name !== '' && isFile(join(root, name)))
  return {
    root,
    files: present.sort().map((path) => ({ path, text: () => readFileSync(join(root, path), 'utf8') })),
  }
}

/** A tree from texts, for the checks' own tests. */
export function treeOf(texts: Record<string, string>): Tree {
  return {
    root: '/nowhere',
    files: Object.entries(texts).map(([path, text]) => ({ path, text: () => text })),
  }
}

/** Source files of packages, apps and tooling: TypeScript in a `src` folder. */
export function sources(tree: Tree): TreeFile[] {
  return tree.files.filter((file) => /^(packages|apps|tooling)\/.*\/?src\/.*\.ts$/.test(file.path))
}

/** The number, from 1, of the line that holds `offset`. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}
