import { expect, test } from 'vitest'
import { policies } from '../src/policies.ts'
import { treeOf } from '../src/tree.ts'

const policy = (name: string, text: string): string =>
  `<!-- policy: ${name} -->\n\`\`\`yaml\n${text}\n\`\`\`\n\n`
const all = `${policy('seal-only', 'a')}${policy('open-only', 'b')}${policy('rewrap-only', 'c')}`

const check = (guide: string, readme: string): string[] =>
  policies.check(
    treeOf({
      'docs/key-managers/acme.md': guide,
      'packages/providers/acme/README.md': `# Acme\n\n${readme}`,
    }),
  )
const differs = (name: string): string[] => [
  `docs/key-managers/acme.md:1: the policy ${name} is not the one of packages/providers/acme/README.md`,
]

test("a guide with the README's policy for each role passes", () => {
  expect(check(`${all}text`, all)).toEqual([])
})

test('a word after the role tells several of one role apart', () => {
  const two = `${policy('seal-only vault', 'd')}${policy('seal-only hsm', 'e')}`
  expect(check(two + all, two + all)).toEqual([])
})

test('a role without a policy is named', () => {
  const [one, two] = [policy('seal-only', 'a'), policy('open-only', 'b')]
  expect(check(one + two, one + two)).toEqual([
    'docs/key-managers/acme.md:1: no fence is marked <!-- policy: rewrap-only -->',
  ])
})

test('a policy that differs is refused', () => {
  expect(check(all.replace('b', 'B'), all)).toEqual(differs('open-only'))
})

test('a policy of a role that the README has and the guide has not is refused, and the other way round', () => {
  const more = policy('seal-only hsm', 'd')
  expect(check(all, all + more)).toEqual(differs('seal-only hsm'))
  expect(check(all + more, all)).toEqual(differs('seal-only hsm'))
})

test('what else the README grants may stand in the guide, as the README has it', () => {
  const more = policy('describe', 'd')
  expect(check(all, all + more)).toEqual([])
  expect(check(all + more, all + more)).toEqual([])
  expect(check(all + more, all + policy('describe', 'e'))).toEqual(differs('describe'))
})

test('a name that stands twice, or before no fence, has no policy', () => {
  expect(check(all + policy('seal-only', 'a'), all)).toEqual(differs('seal-only'))
  const fenceless = all.replace('<!-- policy: seal-only -->\n', '<!-- policy: seal-only -->\n\ntext\n')
  expect(check(fenceless, fenceless)).toEqual(differs('seal-only'))
})

test('a guide whose provider has no README is refused', () => {
  expect(policies.check(treeOf({ 'docs/key-managers/acme.md': all }))).toHaveLength(3)
})
