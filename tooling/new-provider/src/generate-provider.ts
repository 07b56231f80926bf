import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What is to be generated. */
export interface GenerateRequest {
  /** The repository's root. */
  readonly root: string
  /** The provider's scheme and folder: a letter, then up to 39 of a-z, 0-9 and hyphen. */
  readonly name: string
  /** Default: `@keywright/NAME`. */
  readonly packageName?: string | undefined
}

/** The request cannot be met; the message says why. */
export class GenerateError extends Error {
  override readonly name = 'GenerateError'
}

const template = join(import.meta.dirname, '../template')
const nameGrammar = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const packageGrammar = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/

/**
 * Writes a working provider: a package in packages/providers, and the one file outside of it, a changeset.
 *
 * @param request its name, and where
 * @returns the files written, relative to the root
 * @throws GenerateError for a name outside the grammar, or a folder that exists
 */
export async function generateProvider(request: GenerateRequest): Promise<readonly string[]> {
  const { root, name, packageName = `@keywright/${name}` } = request
  if (!nameGrammar.test(name) || name.length > 40) {
    throw new GenerateError(
      `"${name}" is no provider name: a-z, 0-9 and single hyphens, starting with a letter`,
    )
  }
  if (!packageGrammar.test(packageName)) throw new GenerateError(`"${packageName}" is no package name`)
  const folder = `packages/providers/${name}`
  if (existsSync(join(root, folder))) throw new GenerateError(`${folder} exists already`)
  const fill = (text: string): string => fillIn(text, name, packageName)
  const written: string[] = []
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text, { flag: 'wx' })
    written.push(path)
  }
  for (const source of globSync('**/*.template', { cwd: template }).sort()) {
    const text = await readFile(join(template, source), 'utf8')
    await write(`${folder}/${targetPath(source, name)}`, fill(text))
  }
  await write(`.changeset/add-${name}.md`, `---\n"${packageName}": minor\n---\n\nAdd the ${name} provider.\n`)
  return written
}

/** The two files that are named after the provider carry a plain name in the template. */
function targetPath(source: string, name: string): string {
  return source
    .replace(/\.template$/, '')
    .replace('src/provider.ts', `src/${name}.ts`)
    .replace('src/driver.ts', `src/${name}-driver.ts`)
}

function fillIn(text: string, name: string, packageName: string): string {
  const pascal = name
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
  const camel = pascal.slice(0, 1).toLowerCase() + pascal.slice(1)
  return text
    .replaceAll('__package__', packageName)
    .replaceAll('__name__', name)
    .replaceAll('__camel__', camel)
    .replaceAll('__Pascal__', pascal)
}
