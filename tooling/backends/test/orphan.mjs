// Starts a server process and a private folder, says where, and waits to be killed.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leashFolder } from '../src/leash.ts'
import { serverProcess } from '../src/server-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'keywright-orphan-'))
leashFolder(folder)
const script = "console.log('pid ' + process.pid); setInterval(() => {}, 1000)"
const server = serverProcess({ command: process.execPath, args: ['-e', script], cwd: folder })
const [, pid] = await server.printed(/pid (\d+)\n/)
console.log(JSON.stringify({ pid: Number(pid), folder }))
setInterval(() => {}, 1000)
