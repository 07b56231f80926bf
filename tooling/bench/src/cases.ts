import type { BenchCase } from './bench-case.ts'
import { fileCases } from './file-cases.ts'
import { importCases } from './import-case.ts'
import { memoryCases } from './memory-cases.ts'
import { overheadCasesOfAll } from './overhead-cases.ts'
import { pkcs11Cases } from './pkcs11-cases.ts'
import { rangeCase } from './range-case.ts'
import { rewrapCase } from './rewrap-case.ts'
import { tenantsCase } from './tenants-case.ts'
import { threadsCase } from './threads-case.ts'

/** Every case, in the order in which they run. */
export const cases: readonly BenchCase[] = [
  ...memoryCases,
  rangeCase,
  threadsCase,
  ...importCases,
  rewrapCase,
  tenantsCase,
  ...overheadCasesOfAll,
  ...pkcs11Cases,
  ...fileCases,
]
