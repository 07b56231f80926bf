import type { Vector, VectorSummary } from '../src/index.ts'
import { buildEnvelope } from './build.ts'
import { associatedData } from './scenarios/associated-data.ts'
import { basics } from './scenarios/basics.ts'
import { body } from './scenarios/body.ts'
import { contexts } from './scenarios/contexts.ts'
import { header } from './scenarios/header.ts'
import { kOfN } from './scenarios/k-of-n.ts'
import { limits } from './scenarios/limits.ts'
import { pagedFiles } from './scenarios/paged.ts'
import { preambleFaults } from './scenarios/preamble-faults.ts'
import { slots } from './scenarios/slots.ts'
import { tableFaults } from './scenarios/table-faults.ts'
import { textForm } from './scenarios/text-form.ts'
import { units } from './scenarios/units.ts'

const scenarios = [
  ...basics,
  ...textForm,
  ...contexts,
  ...associatedData,
  ...slots,
  ...kOfN,
  ...pagedFiles,
  ...header,
  ...body,
  ...preambleFaults,
  ...tableFaults,
  ...limits,
]

/** Every vector, in the order of the index. */
export const allVectors = (): Vector[] => [...scenarios.map(buildEnvelope), ...units]

const resultOf = (vector: Vector): VectorSummary['result'] =>
  'expected' in vector ? vector.expected.result : 'valid'

const file = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Every file of the folder `v1`: path and text. */
export function allFiles(vectors: readonly Vector[]): Map<string, string> {
  const index = vectors.map(
    (vector): VectorSummary => ({
      id: vector.id,
      kind: vector.kind,
      title: vector.title,
      result: resultOf(vector),
    }),
  )
  return new Map([
    ['index.json', file(index)],
    ...vectors.map((vector): [string, string] => [`${vector.kind}/${vector.id}.json`, file(vector)]),
  ])
}
