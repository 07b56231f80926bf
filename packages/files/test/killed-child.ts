import { type FileStore, nodeFileStore } from '../src/file-store.ts'
import { rewrapFile } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'

const [path = '', to = '', callText = ''] = process.argv.slice(2)
let left = Number(callText)

/** Ends this process, without any of its clean-up, at one of its calls to the file system. */
function countDown(): void {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL')
}

const counted: FileStore = { ...nodeFileStore }
for (const name of Object.keys(nodeFileStore) as (keyof FileStore)[]) {
  const call = nodeFileStore[name] as (...args: unknown[]) => Promise<unknown>
  Object.assign(counted, {
    [name]: async (...args: unknown[]) => {
      countDown()
      const answer = await call(...args)
      if (typeof answer !== 'object' || answer === null || !('syncContent' in answer)) return answer
      return countedFile(answer)
    },
  })
}

function countedFile(file: object): object {
  const calls = Object.entries(file).map(([name, call]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => {
      countDown()
      return call(...args)
    },
  ])
  return Object.fromEntries(calls) as object
}

const keks = ['a', 'b', 'c'].map((name) => memoryKek(name))
await rewrapFile(path, { from: keks, to: memoryKek(to), store: counted })
console.log('done')
