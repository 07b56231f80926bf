import { formatMutants } from './format-mutants.ts'
import { keyringMutants } from './keyring-mutants.ts'
import type { Mutant } from './mutant.ts'
import { operationMutants } from './operation-mutants.ts'
import { providerMutants } from './provider-mutants.ts'

/** Every mutant of core. */
export const allMutants: readonly Mutant[] = [
  ...formatMutants,
  ...keyringMutants,
  ...providerMutants,
  ...operationMutants,
]
