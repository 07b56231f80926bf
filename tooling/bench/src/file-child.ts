import { keyring } from '@keywright/core'
import { threads } from '@keywright/core/threads'
import { openFile, sealFile } from '@keywright/files'
import { context } from './bench-context.ts'
import { benchKek } from './bench-kek.ts'
import type { FileJob, FileReport } from './file-cases.ts'

// One operation in a process of its own, for its peak of resident memory is a figure of the whole process.
const job: FileJob = JSON.parse(process.argv[2] ?? '')
const keys = keyring({ seal: [benchKek('bench', job.keyFolder)] })
const workers = job.threads === 2 ? threads({ workers: 1 }) : undefined
const operation = job.operation === 'seal' ? sealFile : openFile
const startedMs = performance.now()
await operation(job.source, job.target, { keys, context, threads: workers })
const report: FileReport = {
  ms: performance.now() - startedMs,
  peakMiB: process.resourceUsage().maxRSS / 1_024,
}
await workers?.close()
process.stdout.write(JSON.stringify(report))
