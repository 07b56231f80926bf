import { expect, test } from 'vitest'
import { entriesOf } from '../src/bundle-package.ts'

test('every published subpath and every file loaded by name is an entry', () => {
  const entries = entriesOf({
    exports: {
      '.': './src/index.ts',
      './threads': './src/threads/threads.ts',
      './package.json': './package.json',
    },
    publishConfig: {
      exports: {
        '.': { default: './dist/index.js' },
        './threads': { default: './dist/threads.js' },
        './package.json': './package.json',
      },
    },
    keywright: { entries: ['./src/threads/chunk-worker.ts'] },
  })
  expect(entries).toEqual({
    index: './src/index.ts',
    threads: './src/threads/threads.ts',
    'chunk-worker': './src/threads/chunk-worker.ts',
  })
})
