import { keyManagers } from './key-managers.ts'
import type { Checker, Tree } from './tree.ts'

// A document that nothing runs is right on the day it is written. Every fence says what becomes of it:
//   ```ts        type-checked          ```ts run    type-checked, then run
//   ```ts file=NAME.ts   type-checked, and there for the document's other fences to import from './NAME.ts'
//   ```sh run    run in an empty folder with keys of its own and `keywright` on PATH
//   ```sh run with=aws-kms,pkcs11   the same, with stand-ins for these key managers: see key-managers.ts
//   ```sh        shown only; each line is of a kind that `shown` below gives a reason for
//   ```json      parsed                ```text ```console ```yaml ```diff   shown only: not code
const markings = ['ts', 'ts run', 'sh', 'sh run', 'json', 'text', 'console', 'yaml', 'diff']

// The commands that a test cannot run, and why. Everything else in a shell is run.
const shown: readonly (readonly [command: RegExp, reason: string])[] = [
  [/^(npm install|npx|pnpm add) /, 'fetches published packages'],
  [/^npm (run [a-z:-]+|test)( |$)/, 'works on this workspace, and `npm test` would start itself'],
  [/^git clone /, 'fetches this repository'],
  [
    /^(aws|gcloud|az|vault|pkcs11-tool|softhsm2-util|kubectl) /,
    "needs its vendor's own command and an account",
  ],
  [/ (aws-kms|gcp-kms|azure-key-vault|vault-transit|pkcs11):/, 'names a key of the reader'],
  [/^(source |eval |\. )/, "changes the reader's own shell"],
]

/**
 * One fenced block: the file, the line of its first line of content from 1, its marking, the key managers that it
 * runs with, and its content.
 */
export type Fence = {
  path: string
  line: number
  marking: string
  with: readonly string[]
  /** The name by which other fences of the document import it. */
  file?: string | undefined
  content: string
}

const documents =
  /^(README|CONTRIBUTING|SECURITY)\.md$|^(docs|spec)\/.*\.md$|^(packages|apps|tooling)\/.*README\.md$/

/** Whether a file is a document that makes claims to a reader. Decisions are history and not among them. */
export function isDocument(path: string): boolean {
  return documents.test(path) && !/\/(fixtures|template)\//.test(path)
}

/** Every fence of every document. */
export function fences(tree: Tree): Fence[] {
  return tree.files.filter(({ path }) => isDocument(path)).flatMap((file) => fencesIn(file.path, file.text()))
}

/** The fences of one Markdown text. A fence closes with as many backticks as opened it, or more; lists may indent it. */
export function fencesIn(path: string, text: string): Fence[] {
  const found: Fence[] = []
  let open: { ticks: string; indent: string; fence: Fence } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^(\s*)(`{3,})([^`]*)$/.exec(line)
    if (open !== undefined) {
      if (match?.[3]?.trim() === '' && (match[2] ?? '').length >= open.ticks.length) {
        found.push(open.fence)
        open = undefined
      } else {
        const shorn = line.startsWith(open.indent) ? line.slice(open.indent.length) : line
        open.fence.content += `${shorn}\n`
      }
    } else if (match !== null) {
      const [, indent = '', ticks = '', marking = ''] = match
      open = { ticks, indent, fence: { path, line: index + 2, ...parts(marking.trim()), content: '' } }
    }
  }
  return open === undefined ? found : [...found, { ...open.fence, marking: 'never closed' }]
}

/** The marking of a fence without its name and what it runs with, and these. */
function parts(info: string): Pick<Fence, 'marking' | 'with' | 'file'> {
  const [, file] = /^ts file=([a-z0-9-]+\.ts)$/.exec(info) ?? []
  if (file !== undefined) return { marking: 'ts', with: [], file }
  const [, marking = info, names] = /^(\S+ run) with=(\S+)$/.exec(info) ?? []
  return { marking, with: names?.split(',') ?? [] }
}

/** Every fence has a known marking, and JSON parses. What compiles and runs is checked by the `documents` step. */
export const docFences: Checker = {
  name: 'doc-fences',
  check(tree) {
    const scripts = scriptNames(tree)
    return fences(tree).flatMap(({ path, line, marking, with: names, content }) => {
      const unknown = names.filter((name) => !keyManagers.has(name))
      if (unknown.length > 0) {
        const known = [...keyManagers.keys()].join(', ')
        return [`${path}:${line - 1}: ${unknown.join(', ')} cannot be started; there is ${known}`]
      }
      if (!markings.includes(marking)) {
        return [`${path}:${line - 1}: mark the fence as one of ${markings.join(', ')} (is "${marking}")`]
      }
      if (marking === 'sh') return unexplained(path, line, content, scripts)
      return marking === 'json' && !parses(content) ? [`${path}:${line}: this JSON does not parse`] : []
    })
  },
}

function unexplained(path: string, line: number, content: string, scripts: readonly string[]): string[] {
  return content.split('\n').flatMap((text, at) => {
    const command = text.replace(/#.*/, '').trim()
    if (command === '') return []
    const where = `${path}:${line + at}`
    if (!shown.some(([pattern]) => pattern.test(command)))
      return [`${where}: mark this "sh run", or give a reason why a test cannot run it`]
    const script = /^npm run ([a-z:-]+)/.exec(command)?.[1]
    return script === undefined || scripts.includes(script) ? [] : [`${where}: there is no script ${script}`]
  })
}

function scriptNames(tree: Tree): string[] {
  const manifest = tree.files.find(({ path }) => path === 'package.json')?.text() ?? '{}'
  const { scripts = {} } = JSON.parse(manifest) as { scripts?: Record<string, string> }
  return Object.keys(scripts)
}

function parses(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}
