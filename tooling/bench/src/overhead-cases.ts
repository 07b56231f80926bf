import { awsKmsOverheadCases } from './aws-kms-overhead.ts'
import { azureKeyVaultOverheadCases } from './azure-key-vault-overhead.ts'
import type { BenchCase } from './bench-case.ts'
import { gcpKmsOverheadCases } from './gcp-kms-overhead.ts'
import { vaultTransitOverheadCases } from './vault-transit-overhead.ts'

/** What each provider adds to its service's client; every one of them has the same target. */
export const overheadCasesOfAll: readonly BenchCase[] = [
  ...awsKmsOverheadCases,
  ...azureKeyVaultOverheadCases,
  ...gcpKmsOverheadCases,
  ...vaultTransitOverheadCases,
]
