import { type Inspection, isKeywrightError } from '@keywright/core'
import { blockBytes, inspectHeader } from '@keywright/core/engine'
import { claimedPlaintextBytes, type FileHeader, readHeader } from './envelope-file.ts'
import { nodeFileStore, type StoreOptions } from './file-store.ts'
import { fileVersion } from './file-version.ts'
import { SourceFile } from './source-file.ts'

/** What a sealed file says of itself without any key; all of it is claims. */
export interface FileInspection extends Inspection {
  /** Names the header as it is now, for `rewrapFile` and its `ifVersion`: 64 hexadecimal digits. */
  readonly version: string
  /** Size of the file. */
  readonly fileBytes: number
}

/**
 * Shows what a sealed file, paged or compact, says of itself. Needs no key, reads its header alone, proves nothing.
 *
 * @param path of a sealed file; a link is followed
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated`;
 * `invalid-argument` for no plain file and for a detached header; storage codes with field `path`
 */
export async function inspectFile(path: string, options: StoreOptions = {}): Promise<FileInspection> {
  const { store = nodeFileStore } = options
  return SourceFile.use(store, { path, field: 'path' }, async (input) => {
    const found = await readHeader(input)
    return {
      ...inspectHeader(found.header),
      ...pagesOf(found),
      headerBytes: found.bodyAt,
      plaintextBytes: plaintextOf(input, found),
      version: fileVersion(found.bytes),
      fileBytes: input.facts.size,
    }
  })
}

function pagesOf({ paged, header }: FileHeader): Pick<Inspection, 'pages'> {
  if (paged === undefined) return {}
  const { generation, unfinished } = paged
  return { pages: { generation, unfinished, blockBytes: blockBytes(header.blockShift) } }
}

/** Undefined where no complete body has the file's size. */
function plaintextOf(input: SourceFile, found: FileHeader): number | undefined {
  try {
    return claimedPlaintextBytes(input, found)
  } catch (error) {
    if (isKeywrightError(error)) return undefined
    throw error
  }
}
