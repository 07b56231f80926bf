import { expect, test } from 'vitest'
import { bytesToLines, linesToBytes, listVectors, loadVector } from '../src/index.ts'

test('every listed vector loads under its id and kind', () => {
  for (const summary of listVectors()) {
    expect(loadVector(summary.id)).toMatchObject({ id: summary.id, kind: summary.kind, title: summary.title })
  }
})

test('an id that is not listed is a RangeError', () => {
  expect(() => loadVector('../package')).toThrow(RangeError)
})

test.each([0, 1, 57, 58, 200])('lines give %i zeros between other bytes back', (count) => {
  const bytes = Uint8Array.from([1, ...new Uint8Array(count), 2, 3, ...new Uint8Array(count)])
  expect(Buffer.compare(linesToBytes(bytesToLines(bytes)), bytes)).toBe(0)
})

test('a long run of zeros takes one line', () => {
  expect(bytesToLines(new Uint8Array(4096))).toEqual(['zeros:4096'])
})
