import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { isDocument } from './doc-fences.ts'
import type { Checker, Tree } from './tree.ts'

// A file that is renamed leaves its links behind, and nobody follows them until they are needed.
const link = /(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g

/** Every link of a document to a place in this repository leads to a file, and to a heading where it names one. */
export const docLinks: Checker = {
  name: 'doc-links',
  check(tree) {
    return tree.files
      .filter(({ path }) => isDocument(path))
      .flatMap(({ path, text }) =>
        text()
          .split('\n')
          .flatMap((content, at) =>
            [...content.matchAll(link)].flatMap(([, target = '']) =>
              leads(tree, path, target) ? [] : [`${path}:${at + 1}: ${target} leads nowhere`],
            ),
          ),
      )
  },
}

function leads(tree: Tree, from: string, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return true
  const [file = '', heading] = target.split('#')
  const path = file === '' ? from : normalize(join(dirname(from), file))
  const document = tree.files.find((candidate) => candidate.path === path)
  if (heading === undefined) return document !== undefined || existsSync(join(tree.root, path))
  return document !== undefined && slugs(document.text()).includes(heading)
}

/** The anchors of headings, as hosting services make them. */
function slugs(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
