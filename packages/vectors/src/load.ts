import { readFileSync } from 'node:fs'
import type { Vector, VectorSummary } from './vector.ts'

const folder = new URL('../v1/', import.meta.url)

/**
 * Lists the vectors of envelope version 1.
 *
 * @returns one summary a vector, in the order of the index file
 */
export function listVectors(): VectorSummary[] {
  return JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as VectorSummary[]
}

/**
 * Loads one vector.
 *
 * @param id - as {@link listVectors} gives it
 * @returns the vector, told apart by `kind`
 * @throws RangeError if the id is not a vector's
 */
export function loadVector(id: string): Vector {
  const summary = listVectors().find((entry) => entry.id === id)
  if (summary === undefined) throw new RangeError(`no vector of id ${JSON.stringify(id)}`)
  return JSON.parse(readFileSync(new URL(`${summary.kind}/${id}.json`, folder), 'utf8')) as Vector
}
