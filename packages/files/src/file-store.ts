import { constants } from 'node:fs'
import { link, lstat, mkdir, open, readdir, realpath, rename, rmdir, unlink } from 'node:fs/promises'

/** What is asked about a file. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Tells the file from every other that is there now, whatever its name. */
  readonly identity: string
  /** Bytes. */
  readonly size: number
  /** Time of the last change of content, in nanoseconds. */
  readonly modified: bigint
  /** Permission bits, 0 to 0o777. */
  readonly mode: number
  readonly owner: number
  readonly ownerGroup: number
  /** Names that this file has. */
  readonly names: number
}

/** An open file. Reads and writes say where, so several may run at once. */
export interface StoreFile {
  /** Reads once. Fewer bytes than asked, down to none, mean that the file ends, or that another read is needed. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes once, and tells how many bytes were taken. */
  write(bytes: Uint8Array, position: number): Promise<number>
  /** Returns once content and facts are on the medium. */
  sync(): Promise<void>
  /** As {@link sync}, without the facts that reading does not need. */
  syncContent(): Promise<void>
  facts(): Promise<FileFacts>
  setMode(mode: number): Promise<void>
  setOwner(owner: number, group: number): Promise<void>
  close(): Promise<void>
}

/**
 * Every call that this package makes to a file system, and nothing else: where tests put faults in and record
 * writes. Errors are those of the platform.
 */
export interface FileStore {
  openForReading(path: string): Promise<StoreFile>
  openForUpdating(path: string): Promise<StoreFile>
  /** Creates a file that only its owner may use; fails where the name is taken. */
  create(path: string): Promise<StoreFile>
  /** Facts of what stands under a name, a link itself included. */
  facts(path: string): Promise<FileFacts>
  realPath(path: string): Promise<string>
  /** Gives a file a second name; fails where that is taken. */
  link(path: string, second: string): Promise<void>
  /** Renames in one step, in place of what is there. */
  rename(path: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  makeFolder(path: string): Promise<void>
  removeFolder(path: string): Promise<void>
  list(folder: string): Promise<string[]>
  /** Makes the names in a folder last. */
  syncFolder(folder: string): Promise<void>
}

/** Opening a FIFO would wait for its other end; with this flag it returns, and is then seen for what it is. */
const nonBlocking: number = constants.O_NONBLOCK ?? 0

interface PlatformFacts {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly mode: bigint
  readonly uid: bigint
  readonly gid: bigint
  readonly nlink: bigint
}

function factsOf(stat: PlatformFacts): FileFacts {
  return {
    kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'other',
    identity: `${stat.dev}:${stat.ino}`,
    size: Number(stat.size),
    modified: stat.mtimeNs,
    mode: Number(stat.mode) & 0o777,
    owner: Number(stat.uid),
    ownerGroup: Number(stat.gid),
    names: Number(stat.nlink),
  }
}

async function openNode(path: string, flags: string | number, mode?: number): Promise<StoreFile> {
  const handle = await open(path, flags, mode)
  return {
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    sync: () => handle.sync(),
    syncContent: () => handle.datasync(),
    facts: async () => factsOf(await handle.stat({ bigint: true })),
    setMode: (to) => handle.chmod(to),
    setOwner: (owner, group) => handle.chown(owner, group),
    close: () => handle.close(),
  }
}

/** The file systems of this machine. */
export const nodeFileStore: FileStore = {
  openForReading: (path) => openNode(path, constants.O_RDONLY | nonBlocking),
  openForUpdating: (path) => openNode(path, constants.O_RDWR | nonBlocking),
  create: (path) => openNode(path, 'wx+', 0o600),
  facts: async (path) => factsOf(await lstat(path, { bigint: true })),
  realPath: (path) => realpath(path),
  link,
  rename,
  remove: unlink,
  makeFolder: async (path) => {
    await mkdir(path, 0o700)
  },
  removeFolder: (path) => rmdir(path),
  list: (folder) => readdir(folder),
  async syncFolder(folder) {
    // Windows neither opens nor syncs folders; its renames last once the file was synced.
    if (process.platform === 'win32') return
    const handle = await open(folder, constants.O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

/** What every operation on files takes besides its own options. */
export interface StoreOptions {
  /** @internal Another store, for tests. */
  readonly store?: FileStore | undefined
}
