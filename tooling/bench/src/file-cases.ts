import { execFile } from 'node:child_process'
import { createSecretKey, randomBytes } from 'node:crypto'
import { copyFile, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BareBody, chunkBytes, openChunks, sealChunks, sealedBytes } from './bare-body.ts'
import { type BenchCase, type CaseResult, inUnit } from './bench-case.ts'
import { context } from './bench-context.ts'
import { benchFolder } from './bench-kek.ts'
import { installPacked } from './installed.ts'
import { median, type Settings } from './measure.ts'
import { randomPlain } from './random-plain.ts'

type Operation = 'seal' | 'open'

/** What a process took: milliseconds without its start, and the peak of resident memory of all of it. */
interface FileReport {
  readonly ms: number
  readonly peakMiB: number
}

const start = promisify(execFile)
const fileBytes = 2 ** 30
const plainPath = join(benchFolder, 'large.bin')
const sealedPath = join(benchFolder, 'large.bin.kw')
const outputPath = join(benchFolder, 'large.out')

let program: string | undefined

/** The program of the measured process, beside the packed packages that it uses. */
async function installProgram(): Promise<string> {
  const folders = ['packages/core', 'packages/files', 'packages/providers/local']
  const path = join(installPacked('file-consumer', folders).folder, 'file-child.mjs')
  await copyFile(new URL('./file-child.mjs', import.meta.url), path)
  return path
}

async function inChild(operation: Operation, threads: 1 | 2, target: string): Promise<FileReport> {
  program ??= await installProgram()
  const source = operation === 'seal' ? plainPath : sealedPath
  const job = { operation, source, target, keyFolder: benchFolder, context, threads }
  const { stdout } = await start(process.execPath, [program, JSON.stringify(job)])
  await rm(outputPath, { force: true })
  return JSON.parse(stdout)
}

let made = false

/** The 1 GiB of random bytes and their sealed file, made once. */
async function makeFiles(): Promise<void> {
  if (made) return
  const handle = await open(plainPath, 'w')
  const piece = new Uint8Array(2 ** 24)
  for (let at = 0; at < fileBytes; at += piece.length) await handle.write(randomPlain(piece.length, piece))
  await handle.sync()
  await handle.close()
  await inChild('seal', 1, sealedPath)
  made = true
}

async function timed(work: () => Promise<void> | void): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

/** A copy by the system and one fsync: no chunk is read into this process. */
async function diskCopy(source: string): Promise<void> {
  await copyFile(source, outputPath)
  const handle = await open(outputPath, 'r+')
  await handle.sync()
  await handle.close()
}

/** The bare loop over 1 GiB, 16 MiB of touched memory at a time. */
function bareCrypto(operation: Operation): () => void {
  const pieceChunks = 1_024
  const body = new BareBody(createSecretKey(randomBytes(32)), randomBytes(120))
  const plain = randomPlain(pieceChunks * chunkBytes)
  const sealed = body.seal(plain, new Uint8Array(sealedBytes(plain.length)))
  const key = body.openKey(sealed)
  const work = operation === 'seal' ? sealChunks : openChunks
  const [input, output] = operation === 'seal' ? [plain, sealed] : [sealed, plain]
  return () => {
    for (let at = 0; at < fileBytes; at += plain.length) work(key, input, output, 0, pieceChunks)
  }
}

function fileCase(operation: Operation): BenchCase {
  const id = `${operation}-1GiB-file`
  const run = async (settings: Settings): Promise<CaseResult> => {
    await makeFiles()
    const crypto = bareCrypto(operation)
    const samples = {
      ours: [] as FileReport[],
      two: [] as FileReport[],
      copy: [] as number[],
      crypto: [] as number[],
    }
    for (let round = 0; round < settings.fileRounds; round += 1) {
      samples.copy.push(await timed(() => diskCopy(operation === 'seal' ? plainPath : sealedPath)))
      await rm(outputPath)
      samples.ours.push(await inChild(operation, 1, outputPath))
      samples.crypto.push(await timed(crypto))
      if (!settings.quick) samples.two.push(await inChild(operation, 2, outputPath))
    }
    const rate = (list: readonly number[]): number => inUnit('MB/s', median(list), fileBytes)
    const ms = ({ ms: own }: FileReport): number => own
    const peak = (list: readonly FileReport[]): number => Math.max(...list.map(({ peakMiB }) => peakMiB))
    const bare = { copy: rate(samples.copy), crypto: rate(samples.crypto) }
    return {
      id,
      unit: 'MB/s',
      ours: rate(samples.ours.map(ms)),
      limit: Math.min(bare.copy, bare.crypto),
      peers: {},
      beside: {
        'peak-memory-MiB': peak(samples.ours),
        'disk-copy-MB/s': bare.copy,
        'bare-crypto-MB/s': bare.crypto,
        ...(samples.two.length > 0 && {
          'two-threads-MB/s': rate(samples.two.map(ms)),
          'two-threads-peak-memory-MiB': peak(samples.two),
        }),
      },
    }
  }
  return { id, run }
}

/** `{seal,open}-1GiB-file`: the limit is the slower of a disk copy and the bare loop. */
export const fileCases: readonly BenchCase[] = [fileCase('seal'), fileCase('open')]
