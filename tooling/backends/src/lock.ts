import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'

const pollMs = 50

/**
 * Runs `body` while this process alone holds the lock at `path`. A lock whose holder has died is taken over.
 *
 * @param path of a file in an existing folder
 * @param waiting called once when somebody else holds it
 */
export async function withLock<Result>(
  path: string,
  waiting: () => void,
  body: () => Promise<Result>,
): Promise<Result> {
  const mine = JSON.stringify({ ...identityOf(process.pid), nonce: crypto.randomUUID() })
  for (let told = false; !create(path, mine); ) {
    if (removeStale(path)) continue
    if (!told) waiting()
    told = true
    await delay(pollMs)
  }
  try {
    return await body()
  } finally {
    rmSync(path, { force: true })
  }
}

// By a link, so that nobody ever sees a lock without its holder's name in it.
function create(path: string, content: string): boolean {
  const draft = `${path}.${crypto.randomUUID()}`
  writeFileSync(draft, content)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

// Two that find the same dead holder must not both remove: the second would remove the first one's new lock. So
// removing has a lock of its own, held for a few system calls.
function removeStale(path: string): boolean {
  const holder = read(path)
  if (holder === undefined || isAlive(holder)) return holder === undefined
  const guard = `${path}.stale`
  const mine = JSON.stringify(identityOf(process.pid))
  if (!create(guard, mine)) {
    const other = read(guard)
    if (other !== undefined && !isAlive(other)) rmSync(guard, { force: true })
    return false
  }
  try {
    const now = read(path)
    if (now !== undefined && !isAlive(now)) rmSync(path, { force: true })
    return true
  } finally {
    rmSync(guard, { force: true })
  }
}

function read(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
