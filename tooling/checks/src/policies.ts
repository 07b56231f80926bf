import type { Checker, Tree, TreeFile } from './tree.ts'

// A policy is pasted as it stands, from the README, whose own test runs it, or from the guide. Both show it whole:
//   <!-- policy: seal-only vault -->
// stands right before its fence. The names begin with the role; a word after it tells several of one role apart. What
// else a README grants, to describe a key say, a guide may leave to it.
const marker = /^<!-- policy: ([a-z0-9-]+(?: [a-z0-9-]+)?) -->$/
const roles = ['seal-only', 'open-only', 'rewrap-only']

/** The guide to each key manager shows every policy of the three roles as its provider's README has it, and no other. */
export const policies: Checker = {
  name: 'policies',
  check(tree) {
    return tree.files.flatMap((guide) => {
      const [, name] = /^docs\/key-managers\/([a-z0-9-]+)\.md$/.exec(guide.path) ?? []
      return name === undefined ? [] : differences(guide, readmeOf(tree, name))
    })
  },
}

function readmeOf(tree: Tree, name: string): TreeFile {
  const path = `packages/providers/${name}/README.md`
  return tree.files.find((file) => file.path === path) ?? { path, text: () => '' }
}

function differences(guide: TreeFile, readme: TreeFile): string[] {
  const [shown, tested] = [policiesOf(guide), policiesOf(readme)]
  const roleOf = (name: string): string => name.split(' ')[0] ?? ''
  const untold = roles.filter((role) => ![...shown.keys()].some((name) => roleOf(name) === role))
  const needed = [...tested.keys()].filter((name) => roles.includes(roleOf(name)))
  const differing = [...new Set([...shown.keys(), ...needed])].filter(
    (name) => shown.get(name) === undefined || shown.get(name) !== tested.get(name),
  )
  return [
    ...untold.map((role) => `${guide.path}:1: no fence is marked <!-- policy: ${role} -->`),
    ...differing.map((name) => `${guide.path}:1: the policy ${name} is not the one of ${readme.path}`),
  ]
}

/** Fences by the name of their policy; one without a fence, or named twice, has no text. */
function policiesOf({ text }: TreeFile): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  const lines = text().split('\n')
  for (const [at, line] of lines.entries()) {
    const [, name] = marker.exec(line) ?? []
    if (name === undefined) continue
    const [, fence] = /^\n*(`{3}\S+\n[\s\S]*?\n`{3})\n/.exec(`${lines.slice(at + 1).join('\n')}\n`) ?? []
    found.set(name, found.has(name) ? undefined : fence)
  }
  return found
}
