import type { MemoryVariant } from '../src/memory/index.ts'

/** Shapes that between them admit every case. */
export const memoryVariants: Readonly<Record<string, Partial<MemoryVariant>>> = {
  'native map, everything told': {},
  'native bytes, version needed': { binding: 'native-bytes', versions: 'needed' },
  'native bytes, nothing told': {
    binding: 'native-bytes',
    versions: 'untold',
    tellsKey: false,
    serverSideRewrap: false,
    generatesDataKeys: false,
  },
  'envelope binding': { binding: 'envelope', versions: 'untold' },
  'public key': { publicKey: true, versions: 'needed', serverSideRewrap: false, generatesDataKeys: false },
}
