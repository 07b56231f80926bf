import { globSync, readFileSync } from 'node:fs'
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config'
import { SuiteReporter } from './tooling/setup/src/suite-reporter.ts'

// One project per workspace package, found by its package.json, so a new package needs no entry here.
// Which files run is the runner's choice (tooling/setup/test.mjs); a bare `vitest` runs the everyday ones.
const choice = process.env['KEYWRIGHT_TESTS'] ?? 'everyday'
const kind = choice === 'long' || choice === 'ci' ? `.${choice}` : ''
const include = [`test/**/*${kind}.test.ts`]
const exclude = ['**/node_modules/**', '**/fixtures/**']
if (choice !== 'long') exclude.push('**/*.long.test.ts')
if (choice === 'everyday') exclude.push('**/*.ci.test.ts')

const manifests = globSync('{packages,packages/providers,apps,tooling}/*/package.json', {
  cwd: import.meta.dirname,
})

const projects = manifests.sort().map((manifest: string): TestProjectInlineConfiguration => {
  const { name } = JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')) as { name: string }
  const root = manifest.slice(0, -'/package.json'.length)
  return { extends: true, root: `${import.meta.dirname}/${root}`, test: { name, include, exclude } }
})

const config: ViteUserConfig = defineConfig({
  cacheDir: 'node_modules/.cache/keywright/vite',
  test: {
    // Vitest would leave a core free, which on two cores is half of them.
    maxWorkers: '100%',
    projects,
    reporters: ['default', new SuiteReporter()],
    allowOnly: false,
    retry: 0,
    testTimeout: choice === 'long' ? 1_200_000 : 30_000,
    hookTimeout: 60_000,
  },
})

export default config
