import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createKey } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return { ...real, open: vi.fn(real.open) }
})

test('every folder that a first key makes is put on the medium, and so is its name', async () => {
  const top = await temporaryFolder()
  const folder = join(top, 'a', 'b')
  await createKey({ key: 'default', folder })
  const synced = vi
    .mocked(open)
    .mock.calls.filter(([, flags]) => flags === 'r')
    .map(([path]) => path)
  expect(synced).toEqual([folder, dirname(folder), top, join(folder, 'keys')])
})
