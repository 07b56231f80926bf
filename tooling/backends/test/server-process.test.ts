import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { identityOf } from '../src/process-identity.ts'
import { serverProcess } from '../src/server-process.ts'

const forEver = 'setInterval(() => {}, 1000)'

function node(script: string, readyWithinMs?: number): ReturnType<typeof serverProcess> {
  return serverProcess({ command: process.execPath, args: ['-e', script], cwd: tmpdir(), readyWithinMs })
}

async function pidOf(server: ReturnType<typeof serverProcess>): Promise<number> {
  return Number((await server.printed(/pid (\d+)\n/))[1])
}

test('a server that prints its line is ready, and gone after the stop', async () => {
  const server = node(`console.log('pid ' + process.pid); ${forEver}`)
  const pid = await pidOf(server)
  await server.stop()
  expect(identityOf(pid)).toBeUndefined()
})

test('a server that answers is ready', async () => {
  const server = node(
    `require('http').createServer((q, a) => a.end()).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })`,
  )
  const [, port] = await server.printed(/port (\d+)\n/)
  await server.answers(`http://127.0.0.1:${port}/`)
  await server.stop()
})

test('a server that ends before it is ready is an error with its output', async () => {
  const server = node("console.error('no such file'); process.exit(3)")
  await expect(server.printed(/never/)).rejects.toThrow('no such file')
})

test('a server that is not ready in time is an error', async () => {
  const server = node(forEver, 100)
  await expect(server.printed(/never/)).rejects.toThrow('in time')
  await server.stop()
})

test('a command that is not there is an error', async () => {
  const server = serverProcess({ command: 'keywright-no-such-command', args: [], cwd: tmpdir() })
  await expect(server.printed(/never/)).rejects.toThrow('ENOENT')
  await server.stop()
})

test('what the server started ends with it', async () => {
  const child = `require('child_process').spawn(process.execPath, ['-e', '${forEver}'])`
  const server = node(`const c = ${child}; console.log('pid ' + c.pid); ${forEver}`)
  const pid = await pidOf(server)
  await server.stop()
  await vi.waitFor(() => expect(identityOf(pid)).toBeUndefined(), { timeout: 10_000 })
})

test('nothing outlives a process that is killed: neither its server nor its folder', async () => {
  const owner = spawn(process.execPath, [join(import.meta.dirname, 'orphan.mjs')])
  const [line] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string]
  const { pid, folder } = JSON.parse(line) as { pid: number; folder: string }
  expect(identityOf(pid)).toBeDefined()
  owner.kill('SIGKILL')
  await vi.waitFor(
    () => {
      expect(identityOf(pid)).toBeUndefined()
      expect(existsSync(folder)).toBe(false)
    },
    { timeout: 10_000 },
  )
})
