import { schemes } from '../src/matrix/variation.ts'
import { newVersionTests } from './new-version-tests.ts'
import { started } from './started.ts'

const all = await started()

newVersionTests(
  all,
  schemes.filter(all.has).map((scheme, at) => [scheme, at % 2 === 0 ? 'file' : 'compact'] as const),
)
