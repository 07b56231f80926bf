import { parentPort } from 'node:worker_threads'
import { type SharedWork, sealPieces } from './bare-threads.ts'

parentPort?.on('message', (work: SharedWork) => {
  sealPieces(work)
  parentPort?.postMessage('done')
})
