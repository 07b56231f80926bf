import { publishedPackages } from './entry-points.ts'
import type { Checker, Tree } from './tree.ts'

type Manifest = {
  name: string
  private?: boolean
  license?: string
  author?: string
  engines?: { node?: string }
  exports?: Record<string, unknown>
  publishConfig?: { access?: string; exports?: Record<string, unknown> }
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

// The workspace runs from source and consumers run from dist. The two lists of exports differ on purpose, so the
// one mistake that no local test sees is an entry in the first that is missing in the second.

/** Published manifests agree with themselves and with each other; every version is exact. */
export const manifests: Checker = {
  name: 'manifests',
  check(tree) {
    const all = tree.files.filter(
      ({ path }) => /(^|\/)package\.json$/.test(path) && !path.includes('/fixtures/'),
    )
    return [
      ...all.flatMap((file) =>
        inexact(JSON.parse(file.text()) as Manifest).map((line) => `${file.path}: ${line}`),
      ),
      ...publishedPackages(tree).flatMap(({ folder, manifest }) =>
        unpublishable(tree, folder, manifest as Manifest).map((line) => `${folder}/package.json: ${line}`),
      ),
    ]
  },
}

function inexact(manifest: Manifest): string[] {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !/^(catalog:|workspace:\*|(npm:[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?)$/.test(version))
    .map(([name, version]) => `${name} ${version} is not an exact version`)
}

function unpublishable(tree: Tree, folder: string, manifest: Manifest): string[] {
  const findings: string[] = []
  if (manifest.license !== 'Apache-2.0') findings.push('"license" is Apache-2.0')
  if (manifest.author !== 'The Keywright authors') findings.push('"author" is The Keywright authors')
  if (manifest.engines?.node !== '>=22.12') findings.push('"engines.node" is >=22.12')
  if (manifest.publishConfig?.access !== 'public') findings.push('"publishConfig.access" is public')
  const here = Object.keys(manifest.exports ?? {}).join(' ')
  const published = Object.keys(manifest.publishConfig?.exports ?? {}).join(' ')
  if (here !== published)
    findings.push('"exports" and "publishConfig.exports" list the same entries in one order')
  for (const name of ['tsconfig.build.json', 'README.md']) {
    if (!tree.files.some(({ path }) => path === `${folder}/${name}`)) findings.push(`${name} is missing`)
  }
  return findings
}
