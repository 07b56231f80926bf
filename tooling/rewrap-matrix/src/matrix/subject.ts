import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RewrapReceipt } from '@keywright/core'
import {
  type Inspection,
  inspect,
  type Keyring,
  open,
  type RewrapOptions,
  rewrap,
  seal,
} from '@keywright/core'
import { inspectFile, openFile, rewrapFile, sealFile } from '@keywright/files'
import type { Variation } from './variation.ts'

/** What an envelope is bound to. */
export const context = { tenant: 'acme', table: 'orders' } as const
/** What it holds. */
export const plaintext = 'what the orders say'

/** How an envelope is rewrapped, in either layout. */
export type RewrapHow = Pick<
  RewrapOptions,
  'from' | 'to' | 'step' | 'wrapOnly' | 'allowSharedDek' | 'acceptPublicKeyWrap' | 'bindWithheldNatively'
>

/** One sealed envelope, in memory or in a file. */
export interface Subject {
  readonly rewrap: (how: RewrapHow) => Promise<RewrapReceipt>
  /** Its plaintext as text. */
  readonly open: (keys: Keyring) => Promise<string>
  readonly inspect: () => Promise<Inspection>
  /** All of it, header and body. */
  readonly bytes: () => Promise<Buffer>
  readonly remove: () => Promise<void>
}

/**
 * Seals one envelope.
 *
 * @param keys to seal with
 * @param variation layout and withheld value
 */
export function sealSubject(keys: Keyring, variation: Variation): Promise<Subject> {
  const binding = { keys, context, withhold: variation.withheld ? ['tenant'] : [] }
  return variation.layout === 'file' ? sealedFile(binding) : sealedBytes(binding)
}

type Binding = Parameters<typeof seal>[1]

async function sealedBytes(binding: Binding): Promise<Subject> {
  let envelope = await seal(plaintext, binding)
  return {
    rewrap: async (how) => {
      const { envelope: rewrapped, receipt } = await rewrap(envelope, { ...how, context })
      envelope = rewrapped ?? envelope
      return receipt
    },
    open: async (keys) => new TextDecoder().decode(await open(envelope, { keys, context })),
    inspect: () => inspect(envelope),
    bytes: async () => Buffer.from(envelope),
    remove: async () => {},
  }
}

async function sealedFile(binding: Binding): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-matrix-'))
  const [plain, sealed, opened] = [join(folder, 'plain'), join(folder, 'sealed.kw'), join(folder, 'opened')]
  await writeFile(plain, plaintext)
  await sealFile(plain, sealed, binding)
  return {
    rewrap: async (how) => (await rewrapFile(sealed, { ...how, context })).receipt,
    open: async (keys) => {
      await openFile(sealed, opened, { keys, context, overwrite: true })
      return readFile(opened, 'utf8')
    },
    inspect: () => inspectFile(sealed),
    bytes: () => readFile(sealed),
    remove: () => rm(folder, { recursive: true }),
  }
}

/** The body of an envelope: what no rewrap may touch. */
export async function bodyOf(subject: Subject): Promise<Buffer> {
  const { headerBytes } = await subject.inspect()
  return (await subject.bytes()).subarray(headerBytes)
}

/** The slots of an envelope, whatever group they are in. */
export async function slotsOf(subject: Subject): Promise<Inspection['groups'][number]['slots']> {
  return (await subject.inspect()).groups.flatMap(({ slots }) => slots)
}
