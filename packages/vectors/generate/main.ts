import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { allFiles, allVectors } from './all.ts'
import { withWorkedExample, workedExample } from './worked-example.ts'

const folder = new URL('../v1/', import.meta.url)
const specification = new URL('../../../spec/envelope-v1.md', import.meta.url)

const vectors = allVectors()
rmSync(folder, { recursive: true, force: true })
for (const [path, text] of allFiles(vectors)) {
  const target = new URL(path, folder)
  mkdirSync(new URL('.', target), { recursive: true })
  writeFileSync(target, text)
}

const example = vectors.find((vector) => vector.id === 'compact-basic')
if (example?.kind === 'envelope') {
  const text = readFileSync(specification, 'utf8')
  writeFileSync(specification, withWorkedExample(text, workedExample(example)))
}
process.stdout.write(`${vectors.length} vectors written\n`)
