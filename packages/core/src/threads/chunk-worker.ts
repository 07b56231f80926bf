import { parentPort } from 'node:worker_threads'
import { openChunks, sealChunks } from '../crypto/primitives.ts'
import type { PieceMessage, PieceReply } from './piece-message.ts'

function reply(message: PieceReply): void {
  parentPort?.postMessage(message)
}

async function work(piece: PieceMessage): Promise<void> {
  try {
    if (piece.direction === 'open') return reply({ id: piece.id, chunks: await openChunks(piece) })
    await sealChunks(piece)
    reply({ id: piece.id, chunks: 0 })
  } catch {
    // The reason stays here: the pieces were checked before they were sent, so only the platform can fail.
    reply({ id: piece.id })
  }
}

parentPort?.on('message', (piece: PieceMessage) => void work(piece))
reply({ id: 'ready' })
