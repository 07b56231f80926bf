import { expect, test } from 'vitest'
import { checkRequirements } from '../src/requirements.ts'
import { treeOf } from '../src/tree.ts'

const spec = 'spec/envelope-v1.md'
const text = '# Format\n\n- **KW-A-1**: One.\n- **KW-A-2**: Two, see KW-A-1.\n- **KW-A-10**: Ten.\n'
const proven = {
  [spec]: text,
  'packages/a/test/a.test.ts': '// KW-A-1\ntest()',
  'packages/vectors/v1/envelope/v.json': '{ "requirements": ["KW-A-10"] }',
}
const exceptions = new Map([['KW-A-2', 'leaves a choice']])

test('a requirement that no test, vector or exception names is refused', () => {
  expect(checkRequirements(treeOf({ ...proven, 'packages/a/test/a.test.ts': 'test()' }), exceptions)).toEqual(
    [`${spec}:3: name KW-A-1 above the test that proves it`],
  )
})

test('a number in source code or in a document proves nothing', () => {
  const elsewhere = { [spec]: text, 'packages/a/src/a.ts': '// KW-A-1', 'docs/a.md': 'KW-A-10' }
  expect(checkRequirements(treeOf(elsewhere), exceptions)).toHaveLength(2)
})

test('a test that names a requirement that is not there is refused', () => {
  const texts = { ...proven, 'apps/b/test/b.test.ts': '\n// KW-A-3' }
  expect(checkRequirements(treeOf(texts), exceptions)).toEqual([
    `apps/b/test/b.test.ts:2: KW-A-3 is no requirement of ${spec}`,
  ])
})

test('an exception of nothing, and one that has its test, are refused', () => {
  const wrong = new Map([...exceptions, ['KW-A-4', 'gone'], ['KW-A-1', 'proven']])
  expect(checkRequirements(treeOf(proven), wrong)).toHaveLength(2)
})

test('requirements that are all proven or excepted pass', () => {
  expect(checkRequirements(treeOf(proven), exceptions)).toEqual([])
})
