import type { BenchCase } from './bench-case.ts'
import { memoryCases } from './memory-cases.ts'

/** Every case, in the order in which they run. */
export const cases: readonly BenchCase[] = [...memoryCases]
