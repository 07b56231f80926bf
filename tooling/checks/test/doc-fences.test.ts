import { expect, test } from 'vitest'
import { docFences, fencesIn } from '../src/doc-fences.ts'
import { treeOf } from '../src/tree.ts'

const ticks = '```'
const check = (text: string): string[] => docFences.check(treeOf({ 'docs/a.md': text }))

test.each(['', 'js', 'ts ignore'])('a fence marked "%s" is refused', (marking) => {
  expect(check(`${ticks}${marking}\nx\n${ticks}\n`)).toHaveLength(1)
})

test('a fence that never closes is refused', () => {
  expect(check(`${ticks}ts\nx\n`)).toHaveLength(1)
})

test('JSON that does not parse is refused', () => {
  expect(check(`${ticks}json\n{a}\n${ticks}\n`)).toHaveLength(1)
})

test('known markings pass', () => {
  expect(check(`${ticks}ts run\nx\n${ticks}\n\n${ticks}json\n{}\n${ticks}\n`)).toEqual([])
})

test('a shell command that is not run needs a reason', () => {
  expect(check(`${ticks}sh\nls\n${ticks}\n`)).toEqual([
    'docs/a.md:2: mark this "sh run", or give a reason why a test cannot run it',
  ])
  expect(check(`${ticks}sh\nnpm install x # why\n\n# a comment\n${ticks}\n`)).toEqual([])
})

test('a script that is shown and not run has to exist', () => {
  const scripts = { 'package.json': '{"scripts":{"try":"true"}}' }
  const found = (name: string): string[] =>
    docFences.check(treeOf({ ...scripts, 'README.md': `${ticks}sh\nnpm run ${name}\n${ticks}\n` }))
  expect(found('try')).toEqual([])
  expect(found('fly')).toEqual(['README.md:2: there is no script fly'])
})

test('a fence in a list loses its indentation, and a longer one may hold a shorter', () => {
  const text = `- item\n  ${ticks}sh\n  ls\n  ${ticks}\n\n${ticks}\`text\n${ticks}ts\n${ticks}\n${ticks}\`\n`
  expect(fencesIn('a.md', text)).toEqual([
    { path: 'a.md', line: 3, marking: 'sh', with: [], content: 'ls\n' },
    { path: 'a.md', line: 7, marking: 'text', with: [], content: `${ticks}ts\n${ticks}\n` },
  ])
})

test('a fence says which key managers it runs with, and only one that runs may', () => {
  const text = `${ticks}sh run with=aws-kms,pkcs11\nls\n${ticks}\n`
  expect(fencesIn('a.md', text)).toMatchObject([{ marking: 'sh run', with: ['aws-kms', 'pkcs11'] }])
  expect(check(`${ticks}sh with=aws-kms\nls\n${ticks}\n`)).toHaveLength(1)
})

test('a key manager that cannot be started is refused', () => {
  expect(check(`${ticks}sh run with=abacus\nls\n${ticks}\n`)).toHaveLength(1)
})
