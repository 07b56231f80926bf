import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A TCP port of the loopback address that is free now, for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const port = await bound(0)
  if (port === undefined) throw new Error('no TCP port is free')
  return port
}

/**
 * A free port whose next one is free too. Both are below those that systems give to clients: a client that asks whether
 * such a port is open could be given that very port, and find itself.
 */
export async function freePortPair(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 32_000)
    if ((await bound(port)) !== undefined && (await bound(port + 1)) !== undefined) return port
  }
  throw new Error('no two TCP ports in a row are free')
}

/** The port that could be bound, 0 for any; undefined where it is taken. */
async function bound(wanted: number): Promise<number | undefined> {
  const server = createServer().listen(wanted, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return undefined
  }
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address === null || typeof address === 'string' ? undefined : address.port
}
