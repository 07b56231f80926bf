import { type OpenOptions, openRange, type RangeReader } from '@keywright/core'
import { readHeader } from './envelope-file.ts'
import { nodeFileStore, type StoreOptions } from './file-store.ts'
import { SourceFile } from './source-file.ts'

/** Options of {@link openFileRange}. */
export interface OpenFileRangeOptions extends OpenOptions, StoreOptions {}

/**
 * Opens a sealed file, paged or compact, for reading parts of it. The commitment is checked here, and every read
 * authenticates its chunks.
 *
 * @param path of a sealed file; a link is followed
 * @param options the keyring, the expected context, and the associated data of the seal
 * @returns a reader; close it to release the DEK and the file
 * @throws KeywrightError the codes of `open`; `invalid-argument` for no plain file; storage codes with field `path`
 */
export async function openFileRange(path: string, options: OpenFileRangeOptions): Promise<RangeReader> {
  const { store = nodeFileStore } = options
  const input = await SourceFile.open(store, { path, field: 'path' })
  try {
    // A first look that reads torn pages again; then the very bytes that were found valid are what is opened.
    const { bytes } = await readHeader(input)
    const { size } = input.facts
    const source = {
      size,
      read: async (offset: number, length: number): Promise<Uint8Array> =>
        offset < bytes.length ? bytes.slice(offset, offset + length) : input.upTo(length, offset),
    }
    const reader = await openRange(source, options)
    return {
      size: (call) => reader.size(call),
      read: (offset, length, call) => reader.read(offset, length, call),
      close: () => {
        reader.close()
        void input.close()
      },
    }
  } catch (error) {
    await input.close()
    throw error
  }
}
