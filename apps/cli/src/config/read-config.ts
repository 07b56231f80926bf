import { readFile, stat } from 'node:fs/promises'
import { relative } from 'node:path'
import process from 'node:process'
import { KeywrightError } from '@keywright/core'
import type { ConfigFile } from './config-file.ts'
import { type ConfigContent, parseConfig } from './parse-config.ts'

/** Far above any sensible file; what is longer is not read. */
const maxConfigBytes = 1_048_576

/**
 * Reads and checks a config file.
 *
 * @param path absolute
 * @throws KeywrightError `configuration`, as a `ConfigFileError` where it concerns the content
 */
export async function readConfig(path: string): Promise<ConfigFile> {
  const shown = shortest(path)
  const text = await readText(path, shown)
  const content: ConfigContent = await parseConfig(text, shown)
  return { path, keyrings: content.keyrings, providers: content.providers ?? {} }
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > maxConfigBytes) throw tooLong(shown)
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    if (error instanceof KeywrightError) throw error
    const why = error instanceof TypeError ? 'is not UTF-8 text' : `cannot be read: ${codeOf(error)}`
    throw new KeywrightError('configuration', `the config file ${shown} ${why}`, { field: '--config' })
  }
}

function tooLong(shown: string): KeywrightError {
  const message = `the config file ${shown} is longer than ${maxConfigBytes} bytes`
  return new KeywrightError('configuration', message, { field: '--config' })
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code === 'ENOENT' ? 'there is no such file' : (code ?? 'unknown reason')
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere.startsWith('..') ? path : fromHere
}
