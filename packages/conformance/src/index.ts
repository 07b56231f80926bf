export type { CapabilityEntry } from './capability-sheet.ts'
export {
  capabilityEntry,
  capabilityTable,
  describedHarnesses,
  withCapabilityTable,
} from './capability-sheet.ts'
export { conformanceCases } from './cases/all-cases.ts'
export type { CapabilityNeed, ConformanceCase, Scene } from './conformance-case.ts'
export { keyContext } from './context.ts'
export type { RunnableCase, TestContext } from './define-conformance.ts'
export { defineConformance } from './define-conformance.ts'
export type { EnvelopeOperations } from './envelope-operations.ts'
export { ConformanceFailure } from './expectation.ts'
export type { Ability, ConformanceHarness, ConformanceStage, Fault, ForgedWrap } from './harness.ts'
export type { LoadedModule, MissingBackend } from './harness-modules.ts'
export { loadModule, UsageError, workspaceModules } from './harness-modules.ts'
export type { ConformanceReport, ProviderReport } from './report.ts'
export { capabilitySheet, readCapabilities, resultCount, resultTable, runConformance } from './report.ts'
export type { CaseResult } from './run-case.ts'
export { runCase } from './run-case.ts'
