import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KeywrightError, type Provider } from '@keywright/core'
import type { ConfigFile } from '../config/config-file.ts'

/** A provider as the command needs it: a maker of KEKs from URIs. */
export type UriProvider = Pick<Provider<never>, 'scheme' | 'fromUri'>

/**
 * Loads the provider of a scheme: the module that the config names, else `@keywright/SCHEME` as it is installed
 * beside the command or beside the config file. Only schemes that the user wrote get here, never one from a header.
 *
 * @param scheme of a key URI
 * @param config undefined without a config file
 * @throws KeywrightError `configuration`, with the install command where the package is missing
 */
export async function loadProvider(scheme: string, config: ConfigFile | undefined): Promise<UriProvider> {
  const named =
    config !== undefined && Object.hasOwn(config.providers, scheme) ? config.providers[scheme] : undefined
  if (named === undefined && scheme === 'local') return (await import('@keywright/local')).local
  const specifier = named ?? `@keywright/${scheme}`
  const loaded = await load(specifier, config)
  if (loaded === undefined) throw notInstalled(scheme, specifier, named !== undefined)
  const found = Object.values(loaded).find((value) => isProvider(value, scheme))
  if (isProvider(found, scheme)) return found
  throw new KeywrightError('configuration', `${specifier} exports no provider of ${scheme}:// keys`, {
    field: 'providers',
  })
}

async function load(specifier: string, config: ConfigFile | undefined): Promise<object | undefined> {
  const isPath = /^\.{0,2}[/\\]/.test(specifier)
  if (isPath) return importIfThere(pathToFileURL(resolve(dirname(config?.path ?? '.'), specifier)).href)
  const beside = await importIfThere(specifier)
  if (beside !== undefined || config === undefined) return beside
  try {
    const path = createRequire(config.path).resolve(specifier)
    return await importIfThere(pathToFileURL(path).href)
  } catch {
    return undefined
  }
}

/** @returns undefined where this module is missing; one that it needs itself is another matter */
async function importIfThere(specifier: string): Promise<object | undefined> {
  try {
    return await import(specifier)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${specifier.replace(/^file:\/\//, '')}'`)) {
      return undefined
    }
    throw new KeywrightError('configuration', `${specifier} could not be loaded (${code ?? 'it failed'})`, {
      field: 'providers',
    })
  }
}

function isProvider(value: unknown, scheme: string): value is UriProvider {
  return (
    typeof value === 'function' &&
    'scheme' in value &&
    value.scheme === scheme &&
    'fromUri' in value &&
    typeof value.fromUri === 'function'
  )
}

function notInstalled(scheme: string, specifier: string, named: boolean): KeywrightError {
  const message = named
    ? `${specifier}, which the config file names for ${scheme}:// keys, is not there`
    : `keys of ${scheme}:// need a package: npm install ${specifier}`
  return new KeywrightError('configuration', message, { field: 'providers' })
}
