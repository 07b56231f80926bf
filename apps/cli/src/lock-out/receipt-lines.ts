import { open } from 'node:fs/promises'
import type { RewrapReceipt } from '@keywright/core'
import { mistake } from '../flags/mistake.ts'
import { isReceiptLine, isRecord } from './receipt-grammar.ts'

/** What a rewrap leaves to prove a lock-out by: its `--json` document, of which this is the part that counts. */
export interface ReceiptLine {
  /** Of the sealed file, as it was given. */
  readonly path: string
  /** The context as the header stores it. */
  readonly context: Readonly<Record<string, string>>
  readonly withheldNames: readonly string[]
  /** How many groups have to agree: slots hold shares where more than one does. */
  readonly threshold: number
  readonly receipt: Pick<RewrapReceipt, 'keyCheck' | 'dekUse' | 'added' | 'dropped'>
}

/** A file of which the receipts tell only that its rewrap failed. */
export interface FailedLine {
  readonly path: string
  readonly failed: true
}

/** A line of a table of 32 slots is a tenth of it. */
const lineBytesLimit = 4 * 1024 * 1024

/**
 * A file that receipts are added to. Old wrapped keys stand in it, which the former holder of the old key could
 * unwrap: nobody else may read it.
 *
 * @param path made where it is not there
 */
export async function receiptWriter(
  path: string,
): Promise<{ readonly add: (document: object) => Promise<void>; readonly close: () => Promise<void> }> {
  const file = await open(path, 'a', 0o600)
  return {
    add: async (document) => {
      await file.appendFile(`${JSON.stringify(document)}\n`)
      // A rewrap has been made safe already: what is lost of it can be proved no more.
      await file.datasync()
    },
    close: () => file.close(),
  }
}

/**
 * Reads what rewraps left. Lines that say nothing of a rewrap that was done are passed over.
 *
 * @param path of a file with one document a line
 * @throws KeywrightError `invalid-argument` naming the line that is none; storage codes
 */
export async function* readReceipts(path: string): AsyncGenerator<ReceiptLine | FailedLine> {
  const file = await open(path)
  try {
    let number = 0
    for await (const text of linesOf(file.createReadStream({ autoClose: false }), path)) {
      number++
      const line = lineOf(text)
      if (line === 'malformed') throw mistake('RECEIPTS', `${path}:${number}: this is no receipt of a rewrap`)
      if (line !== undefined) yield line
    }
  } finally {
    await file.close()
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<string> {
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString()
      begun = []
      begunBytes = 0
      from = end + 1
    }
    begun.push(chunk.subarray(from))
    begunBytes += chunk.length - from
    if (begunBytes > lineBytesLimit) throw mistake('RECEIPTS', `${path} has a line too long for a receipt`)
  }
  if (begunBytes > 0) yield Buffer.concat(begun).toString()
}

function lineOf(text: string): ReceiptLine | FailedLine | 'malformed' | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'malformed'
  }
  if (!isRecord(value)) return 'malformed'
  const { path } = value
  if ('summary' in value || value['dryRun'] === true) return undefined
  if ('error' in value) return typeof path === 'string' ? { path, failed: true } : undefined
  return isReceiptLine(value) ? value : 'malformed'
}
