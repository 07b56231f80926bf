import { bindingMutants } from './binding-mutants.ts'
import { declarationMutants } from './declaration-mutants.ts'
import { envelopeMutants } from './envelope-mutants.ts'
import { guardMutants } from './guard-mutants.ts'
import { keyMutants } from './key-mutants.ts'
import type { Mutant } from './mutant.ts'
import { optionalMethodMutants } from './optional-method-mutants.ts'
import { wrappingMutants } from './wrapping-mutants.ts'

/** Every mutant, theme by theme. */
export const mutants: readonly Mutant[] = [
  ...declarationMutants,
  ...bindingMutants,
  ...wrappingMutants,
  ...keyMutants,
  ...optionalMethodMutants,
  ...guardMutants,
  ...envelopeMutants,
]
