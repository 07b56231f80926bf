#!/usr/bin/env node
// Starts the command: from dist as published, from source in its workspace.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const at = (path) => new URL(path, import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)
const fromSource = existsSync(at('../src/index.ts'))
const enough = major > 22 || (major === 22 && minor >= (fromSource ? 18 : 12))

if (enough) {
  // Only in the workspace: a cache in a shared temporary folder could hand this process somebody else's code.
  if (fromSource)
    module.enableCompileCache?.(fileURLToPath(at('../../../node_modules/.cache/keywright/compile')))
  const { run } = await import(fromSource ? '../src/index.ts' : '../dist/index.js')
  process.exitCode = await run(process.argv.slice(2))
} else {
  const own = fileURLToPath(at('../../../node_modules/.bin/node'))
  if (fromSource && process.env.KEYWRIGHT_NODE === undefined && existsSync(own)) {
    const env = { ...process.env, KEYWRIGHT_NODE: own }
    const child = spawnSync(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
      env,
    })
    process.exitCode = child.status ?? 1
  } else {
    const needed = fromSource ? '22.18' : '22.12'
    process.stderr.write(`keywright: Node ${needed} or later is needed, this is ${process.version}\n`)
    process.exitCode = 2
  }
}
