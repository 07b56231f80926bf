import { decisionRecords } from './decision-records.ts'
import { docFences } from './doc-fences.ts'
import { docLinks } from './doc-links.ts'
import { fileLength } from './file-length.ts'
import { fileNames } from './file-names.ts'
import { imports } from './imports.ts'
import { indexFiles } from './index-files.ts'
import { machineTraces } from './machine-traces.ts'
import { manifests } from './manifests.ts'
import { policies } from './policies.ts'
import { publicNamesCheck } from './public-names.ts'
import { requirements } from './requirements.ts'
import { suppressions } from './suppressions.ts'
import type { Checker } from './tree.ts'

/** Every house rule, in the order in which they run. */
export const checkers: readonly Checker[] = [
  fileNames,
  fileLength,
  imports,
  indexFiles,
  publicNamesCheck,
  suppressions,
  manifests,
  machineTraces,
  decisionRecords,
  requirements,
  docFences,
  docLinks,
  policies,
]
