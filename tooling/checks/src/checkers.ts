import { fileLength } from './file-length.ts'
import { fileNames } from './file-names.ts'
import type { Checker } from './tree.ts'

/** Every house rule, in the order in which they run. */
export const checkers: readonly Checker[] = [fileNames, fileLength]
