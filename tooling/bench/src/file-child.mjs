// One operation in a process of its own, for its peak of resident memory is a figure of the whole process. Copied to
// where the packed packages are installed: running from source would count the compiler's memory too.
import { readFileSync } from 'node:fs'
import { keyring } from '@keywright/core'
import { threads } from '@keywright/core/threads'
import { openFile, sealFile } from '@keywright/files'
import { local } from '@keywright/local'

const job = JSON.parse(process.argv[2] ?? '')
const keys = keyring({
  seal: [local({ key: 'bench', folder: job.keyFolder, create: true, passphrase: false })],
})
const workers = job.threads === 2 ? threads({ workers: 1 }) : undefined
const operation = job.operation === 'seal' ? sealFile : openFile
const startedMs = performance.now()
await operation(job.source, job.target, { keys, context: job.context, threads: workers })
const ms = performance.now() - startedMs
// Linux gives a new process the peak of the one that started it as its own `maxRSS`; VmHWM is this program's.
const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'latin1') : ''
const peakKiB = Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS)
await workers?.close()
process.stdout.write(JSON.stringify({ ms, peakMiB: peakKiB / 1_024 }))
