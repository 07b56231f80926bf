import { expect, test } from 'vitest'
import { programsOf } from '../src/bundle-package.ts'

test('every published subpath is a file of the library, and every file loaded by name a worker', () => {
  const programs = programsOf({
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
  expect(programs).toEqual({
    library: { index: './src/index.ts', threads: './src/threads/threads.ts' },
    workers: { 'chunk-worker': './src/threads/chunk-worker.ts' },
  })
})
