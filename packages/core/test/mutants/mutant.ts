/** A deliberate fault, and the test that has to find it. */
export interface Mutant {
  /** What is wrong with it. */
  readonly name: string
  /** Exact pieces of source, each found once in its file below `src`, and what stands there instead. */
  readonly changes: readonly Change[]
  /** `file > title` of the test that fails, with the titles of its groups between. */
  readonly killedBy: string
}

/** One change of a source file. */
export interface Change {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A mutant of one change. */
export function mutant(name: string, file: string, find: string, replace: string, killedBy: string): Mutant {
  return { name, changes: [{ file, find, replace }], killedBy }
}
