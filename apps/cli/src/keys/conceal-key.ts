import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { KeywrightError } from '@keywright/core'
import type { ConfigFile } from '../config/config-file.ts'

/** Bytes of the key, and of its spelling in hexadecimal with an end of line. */
const [keyBytes, mostBytes] = [32, 66]

/**
 * Reads the key that conceals the names of KEKs. The config file names a file, for it is shared more widely than a
 * secret may be.
 *
 * @param config whose folder the path is relative to
 * @param path of a file with 32 bytes, or with 64 hexadecimal digits
 * @returns 32 bytes, to be zero-filled after use
 * @throws KeywrightError `configuration`; nothing of the content is repeated
 */
export async function readConcealKey(config: ConfigFile, path: string): Promise<Uint8Array> {
  const absolute = resolve(dirname(config.path), path)
  const content = new Uint8Array(mostBytes + 1)
  try {
    return keyOf(await readPrivate(absolute, content), absolute)
  } finally {
    content.fill(0)
  }
}

async function readPrivate(path: string, into: Uint8Array): Promise<Uint8Array> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch {
    throw refusal(`${path} cannot be read`)
  }
  try {
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw refusal(`${path} can be read by others: chmod 600 it, and make a new key if it mattered`)
    }
    const { bytesRead } = await file.read(into, 0, into.length, 0)
    return into.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function keyOf(content: Uint8Array, path: string): Uint8Array {
  if (content.length === keyBytes) return content.slice()
  const text = new TextDecoder().decode(content)
  if (!/^[0-9a-fA-F]{64}\r?\n?$/.test(text)) {
    throw refusal(`${path} holds no key: 32 random bytes, or 64 hexadecimal digits`)
  }
  const key = new Uint8Array(keyBytes)
  for (let at = 0; at < keyBytes; at++) key[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  return key
}

function refusal(message: string): KeywrightError {
  return new KeywrightError('configuration', `concealKeyFile: ${message}`, { field: 'concealKeyFile' })
}
