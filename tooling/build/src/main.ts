import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import process from 'node:process'
import { bundlePackage, clearDist } from './bundle-package.ts'

const help = `build                 writes the dist of the package in the current folder: declarations by tsc, JavaScript bundled
  --help`

if (process.argv.includes('--help')) {
  console.log(help)
} else {
  const folder = process.cwd()
  await clearDist(folder)
  const tsc = resolve(import.meta.dirname, '../../../node_modules/.bin/tsc')
  const { status } = spawnSync(tsc, ['-b', 'tsconfig.build.json'], { cwd: folder, stdio: 'inherit' })
  if (status === 0) await bundlePackage(folder)
  process.exitCode = status ?? 1
}
