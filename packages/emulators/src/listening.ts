import type { AddressInfo, Server, Socket } from 'node:net'

/** A server that listens. */
export interface Listening {
  readonly port: number
  /** The connection that a request came by, by the port at its client's end: over TLS a request has no socket to reset. */
  readonly connectionFrom: (remotePort: number | undefined) => Socket | undefined
  /** Ends every connection at once and frees the port. */
  readonly close: () => Promise<void>
}

/** What is sent in place of an answer: no protocol begins like this. */
export const garbage = '\u0000\u0001 this is not the protocol \u00ff\r\n\r\n'

/**
 * Lets a server listen, and remembers its connections.
 *
 * @param server of any protocol over TCP
 * @param place address, and port or 0 for any free one
 */
export async function listen(
  server: Server,
  place: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const connections = new Map<number, Socket>()
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket
    if (remotePort === undefined) return
    connections.set(remotePort, socket)
    socket.once('close', () => connections.delete(remotePort))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(place.port, place.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    connectionFrom: (remotePort) => connections.get(remotePort ?? 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections.values()) socket.destroy()
      }),
  }
}

/**
 * Reads a request's body to its end, so that the answer is heard.
 *
 * @returns undefined for one of more than `most` bytes, which is not kept
 */
export async function readBody(request: AsyncIterable<Buffer>, most: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request) {
    length += piece.length
    if (length <= most) pieces.push(piece)
  }
  return length > most ? undefined : Buffer.concat(pieces)
}
